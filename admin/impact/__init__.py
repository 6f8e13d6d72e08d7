"""The first page: is the programme working, and how do we know."""
