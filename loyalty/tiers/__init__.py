"""Tiers: what customers reach by what they earn or spend within a window, and what they keep for how long."""
