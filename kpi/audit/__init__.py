"""The independent audit: the figures of every month, quarter and year, counted again by another engine.

`export.py` writes one programme's facts to Parquet, `recount.py` counts them again in DuckDB by SQL of its own, written
from the definitions, and `actions.py` holds every whole number of both against each other. Nothing is shared with the
reading that it audits but the calendar (`kpi/periods.py`: which days a period has, and when they begin).

Needs the extra `loyalty[audit]`. To have a measure audited, give it a line in the `COUNTINGS` of `purchases.py`,
`members.py`, `points.py`, `money.py` or `referrals.py`; a test asks that every measure has one.
"""
