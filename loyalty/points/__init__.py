"""The points ledger: accounts, awards, entries, lots. Every change of points goes through `queries.append`."""
