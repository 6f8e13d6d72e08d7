"""How long until something happens, where for some it has not happened yet (Kaplan-Meier). Pure."""

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kpi.pictures import Curve, Point
from loyalty.intervals import Z95, Interval

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Survival:
    """`events` happened to some of `n`; the others were lost from sight before. `median` is null until half had it."""

    n: int
    events: int
    median: float | None
    ci95: Interval | None

    @property
    def censored(self) -> int:
        """How many were lost from sight before it happened."""
        return self.n - self.events


def kaplan_meier(watched: NDArray[np.int64], happened: NDArray[np.int64]) -> Survival:
    """Estimate the median waiting time, in the unit of `watched`; `happened` is 1 where the watching ended with it.

    S(t) = Π (1 - d/n) over the times t_i ≤ t (Kaplan, Meier 1958); the median is the first t with S(t) ≤ 1/2. Its
    interval reads the same off the limits of S, S^exp(±z·√G/ln S) with Greenwood's G = Σ d/(n(n-d)) (Brookmeyer and
    Crowley 1982, on the log-log scale); null while the upper limit has not come down to 1/2.
    """
    n, events = len(watched), int(happened.sum())
    steps = _steps(watched, happened)
    below, above = _down_to_half(steps)
    # The first times at which the lower limit, the curve itself and the upper limit have come down to a half.
    low, median, high = (_first(steps.times, reached) for reached in (below, steps.alive <= _HALF, above))
    return Survival(n, events, median, None if low is None or high is None else (low, high))


def curve(watched: NDArray[np.int64], happened: NDArray[np.int64], day: int, most_days: int) -> Curve:
    """Estimate the share to whom it has happened, 1 - S(t), after each whole day, by the same product.

    `day` is how many of the units of `watched` make one. The curve ends after `most_days`, or with the last who was
    watched.
    """
    if not len(watched):
        return Curve(0, 0, None, [])
    times, at_risk, alive, greenwood = _steps(watched, happened)
    half = np.flatnonzero(alive <= _HALF)
    ends = np.arange(min(most_days, int(times[-1]) // day) + 1) * day
    # The last time that is not after each day, and the first that is not before it.
    seen, coming = np.searchsorted(times, ends, side="right") - 1, np.searchsorted(times, ends, side="left")
    by_day = [
        _point(float(alive[at]), float(greenwood[at]), int(at_risk[to]))
        if at >= 0
        else Point(0.0, None, int(at_risk[to]))
        for at, to in zip(seen, coming, strict=True)
    ]
    return Curve(len(watched), int(happened.sum()), float(times[half[0]]) / day if len(half) else None, by_day)


def _point(alive: float, greenwood: float, waiting: int) -> Point:
    low, high = _limits(alive, greenwood)
    # Before anybody had it there is nothing to be uncertain by, and after everybody had it neither.
    return Point(1 - alive, (1 - high, 1 - low) if 0 < alive < 1 else None, waiting)


class _Steps(NamedTuple):
    """The curve after each time at which somebody was last seen; `at_risk` were watched until then."""

    times: NDArray[np.int64]
    at_risk: NDArray[np.int64]
    alive: NDArray[np.float64]
    greenwood: NDArray[np.float64]


def _steps(watched: NDArray[np.int64], happened: NDArray[np.int64]) -> _Steps:
    order = np.argsort(watched)
    ordered = watched[order]
    begins = np.flatnonzero(np.r_[True, np.diff(ordered) != 0][: len(ordered)])
    died = np.add.reduceat(happened[order], begins) if len(begins) else begins
    at_risk = len(watched) - begins
    alive = np.cumprod(1 - died / at_risk, dtype=np.float64)
    # Where all who were left had it, S is 0, and G, which is infinite then, is not asked for.
    greenwood = np.cumsum(np.where(at_risk > died, died / (at_risk * np.maximum(at_risk - died, 1)), 0.0))
    return _Steps(ordered[begins], at_risk, alive, greenwood)


def _down_to_half(steps: _Steps) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell after which times the lower and the upper limit are at a half or below; they lie on a curve that is certain.

    S^exp(∓s) ≤ 1/2 is asked of the logarithms, ln S ≤ ln(1/2)·exp(±s): there may be hundreds of thousands of times.
    """
    low, high = steps.alive <= 0, steps.alive <= 0
    inside = (steps.alive > 0) & (steps.alive < 1)
    alive = np.log(steps.alive[inside])
    factor = np.exp(Z95 * np.sqrt(steps.greenwood[inside]) / alive)
    low[inside], high[inside] = alive <= log(_HALF) * factor, alive * factor <= log(_HALF)
    return low, high


def _first(times: NDArray[np.int64], reached: NDArray[np.bool_]) -> float | None:
    return float(times[np.argmax(reached)]) if reached.any() else None


def _limits(alive: float, greenwood: float) -> Interval:
    if alive <= 0:
        return (0.0, 0.0)
    if alive >= 1:
        return (1.0, 1.0)
    spread = Z95 * sqrt(greenwood) / log(alive)
    return (alive ** exp(-spread), alive ** exp(spread))
