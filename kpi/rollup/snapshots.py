"""Figures that were counted by customer, and kept: their intervals, and what a period that is over came to first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kpi.measure import Interval, Outcome, Ratio, Segments

# As JSON: {"segments": {name: [num, den, value, low, high]}, "difference": [value, low, high], "medians": {name: …}}.
# Without an interval both ends are null; medians are in days.
Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a measure came to over a period. `seen_version`: of the days that it is about; `watermark`: known up to."""

    seen_version: int
    watermark: datetime
    figures: Stored
    was: Stored | None
    restated_at: datetime | None

    def completed(self, outcome: Outcome, version: int) -> Outcome | None:
        """Give an outcome the intervals and medians that were counted for it; None when it has become another since."""
        if version > self.seen_version or counts_of(stored(outcome)) != counts_of(self.figures):
            return None
        told = self.figures["segments"]
        segments = {name: replace(ratio, ci95=_interval(told[name])) for name, ratio in outcome.segments.items()}
        difference = replace(outcome.difference, ci95=_interval(self.figures["difference"]))
        medians = self.figures["medians"]
        spread = {name: replace(one, median=medians[name]) for name, one in outcome.distributions.items()}
        return replace(outcome, segments=segments, difference=difference, distributions=spread)


def restated(
    figures: Stored, before: Snapshot | None, end: datetime, now: datetime
) -> tuple[Stored, datetime] | tuple[None, None]:
    """Tell what a period that ended at `end` came to first, if it is something else now, and since when it is so."""
    if before is None:
        return None, None
    first = before.was or (before.figures if before.watermark >= end else None)
    if first is None or counts_of(first) == counts_of(figures):
        return None, None
    same = before.restated_at is not None and counts_of(before.figures) == counts_of(figures)
    return first, before.restated_at if same and before.restated_at else now


def stored(outcome: Outcome) -> Stored:
    """Write an outcome down."""
    segments = {name: [r.num, r.den, r.value, *(r.ci95 or (None, None))] for name, r in outcome.segments.items()}
    gap = outcome.difference
    medians = {name: one.median for name, one in outcome.distributions.items()}
    return {"segments": segments, "difference": [gap.value, *(gap.ci95 or (None, None))], "medians": medians}


def counts_of(figures: Stored) -> dict[str, tuple[int, int | None]]:
    """Give the counts alone: figures are the same when these are."""
    return {name: (ratio[0], ratio[1]) for name, ratio in figures["segments"].items()}


def segments_of(figures: Stored) -> Segments:
    """Read the segments again."""
    return {name: Ratio(ratio[0], ratio[1], ratio[2], _interval(ratio)) for name, ratio in figures["segments"].items()}


def _interval(ratio: list[Any]) -> Interval | None:
    low, high = ratio[-2:]
    return None if low is None else (low, high)
