"""Objectives: what a key figure is to reach by a day, and how far it has come."""
