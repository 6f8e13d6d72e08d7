"""Promoters, passives and detractors: the scale, and the class of each score. Pure."""

from typing import Literal

NpsClass = Literal["promoter", "passive", "detractor"]
CLASSES = ("promoter", "passive", "detractor")
HIGHEST = 10
_PROMOTER, _PASSIVE = 9, 7


def class_of(score: int) -> NpsClass:
    """Name the class of a score, 0 to 10."""
    if score >= _PROMOTER:
        return "promoter"
    return "passive" if score >= _PASSIVE else "detractor"
