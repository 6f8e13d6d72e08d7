"""The key figures of a programme, read from what the other rooms recorded; this room changes none of it.

A figure is a **measure** (`measures/`, one file each, found by the registry in `measure.py`). It is asked of the
**facts** of a period (`facts.py`): what every customer did in it, and whether they were a member. `queries.py` reads
the facts of any number of periods in one statement, `periods.py` knows where local days, months and their predecessors
begin, `splits.py` how members are held against non-members, and `actions.py` puts them together: `answer`, `series`,
`overview`. `bodies.py` are the answers as JSON, for `api.py` and the command line.
"""
