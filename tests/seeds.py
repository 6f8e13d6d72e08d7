"""Random worlds by their seeds, and planted faults: a few each time, all of them in the long run."""

from collections.abc import Sequence

import pytest


def seeds(few: int, among: Sequence[object]) -> list[object]:
    """Give all of them; those after the first few are for `make test-long`."""
    return [pytest.param(seed, marks=[pytest.mark.long] if n >= few else []) for n, seed in enumerate(among)]
