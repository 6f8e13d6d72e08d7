"""The key figures of a programme, made of what the other rooms recorded, and of what is entered here (`inputs/`).

It changes nothing of what the others recorded.

A figure is a **measure** (`measures/`, one file each, found by the registry in `measure.py`). It is asked of the
**facts** of a period (`facts.py`): sets of customers, sums, and further **parts** (`parts/`) that few measures need. A
**reading** (`reading.py`) brings the facts of any number of periods: `rows/` from the purchases themselves.
`periods.py` knows where local days, months and their predecessors begin, `splits.py` how members are held against
non-members, and `actions.py` puts them together: `answer`, `series`, `overview`. `bodies.py` are the answers as JSON,
for `api.py` and the command line.
"""
