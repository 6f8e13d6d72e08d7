"""One file a measure; `kpi/measure.py` says what a measure is."""
