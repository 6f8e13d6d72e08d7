"""Which tiers customers held at the two ends of a period."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kpi.facts import Customers

Holders = Mapping[str, Customers]


@dataclass(frozen=True, slots=True)
class Tiers:
    """By the key of a tier, who held it just before the start, and just before the end; the others held none."""

    at_start: Holders = field(default_factory=dict)
    at_end: Holders = field(default_factory=dict)
