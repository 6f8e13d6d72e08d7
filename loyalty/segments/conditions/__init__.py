"""Conditions on what is known of a person; `loyalty/segments/condition.py` says what a condition is."""
