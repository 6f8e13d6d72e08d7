"""Columns that travel as packed integers: turning rows into Python objects would take longer than the query."""

import numpy as np

from kpi.facts import Counts


def unpacked(column: bytes | None) -> Counts:
    """Read a column of `string_agg(int8send(…), '')`."""
    return np.frombuffer(column or b"", dtype=">i8").astype(np.int64)
