"""Conditions of segments on what people bought; `loyalty/segments/condition.py` says what a condition is."""
