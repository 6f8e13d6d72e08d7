"""Further facts of a period, one file a part: a frozen dataclass that some measures need. Pure.

A measure names the part in `needs` and finds it in `PeriodFacts.parts`; `kpi/rows/readers/` has one reader for each.
"""
