"""A member's own page, by a link that nobody can guess: the points, what they are for, and a person's rights.

It works without scripts, cookies and an account. What is done here is done by the verbs of the rooms below.
"""
