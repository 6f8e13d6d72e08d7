"""Files of members, purchases and refunds, brought in by the same verbs as the API uses.

`files.py` reads a file row by row, `header.py` and `rules.py` decide what its columns and rows say, `staging.py` copies
the rows into a table in one commit, and `work.py` works them off in the order in which they happened, each batch in one
commit with what it records. So a `kill -9` at any moment loses nothing and doubles nothing: the same file again goes
on. What a kind of file holds is one file in `kinds/`.
"""
