"""`make bench-kpi`: how fast the figures are, beside raw SQL and DuckDB with the same results."""
