"""What somebody enters because no purchase tells it: money spent, leads, what things and points cost.

Correct by adding: each row is a version of its natural key, the newest counts, and a withdrawn one says that there is
nothing. What was told by a knowledge time K is the newest version recorded by then.
"""
