"""What a programme has, as files: members, purchases, refunds, redemptions, entries, balances.

`actions.py` asks for one, and the worker writes it (`tasks.py`), packed and in pieces, into the database: so any
process can hand it out. What a kind of file holds is one file in `kinds/`; those that are imported too have the same
columns.
"""
