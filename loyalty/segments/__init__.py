"""Segments: groups of customers under a key, by conditions or kept by another room, and who is in them now."""
