"""Conditions of segments on people's points; `loyalty/segments/condition.py` says what a condition is."""
