"""Programmes and their storefronts: what everything else belongs to."""
