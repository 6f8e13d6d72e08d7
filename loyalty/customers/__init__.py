"""Persons, their ids in the shops, and the intervals in which they were members."""
