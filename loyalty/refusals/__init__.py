"""Calls of storefronts that were refused: kept for a while, so that staff see them, and can have them done again."""
