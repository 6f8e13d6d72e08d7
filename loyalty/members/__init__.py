"""Joining and leaving, now or back-dated: what customers bought is decided anew where their status changes."""
