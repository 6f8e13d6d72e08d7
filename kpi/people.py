"""Who is behind a figure: everybody it was asked of, and whether they did it; by id, and with what the shop calls them.

A person is listed once, however many segments they count in. The order is that of the ids, so a page that begins after
an id misses nobody and repeats nobody, whatever is recorded meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args
from uuid import UUID

from kpi.answers import Period
from kpi.facts import Customers
from kpi.knowledge import Knowledge
from kpi.measure import Outcome, People, Reason
from loyalty.database import Connection
from loyalty.errors import Invalid, NotFound

Part = Literal["numerator", "denominator_only"]
Segment = Literal["all", "member", "non_member"]
AT_ONCE = 1000

# What the storefront itself calls them. Who was erased has no ids any more, in no storefront.
_TOLD = """
SELECT c.customer_id, c.erased_at IS NOT NULL AS erased, coalesce(
    (SELECT array_agg(a.external_id ORDER BY a.external_id) FROM customer_alias a
     WHERE a.program_id = c.program_id AND a.customer_id = c.customer_id AND a.namespace = $3), '{}') AS external_ids
FROM customer c WHERE c.program_id = $1 AND c.customer_id = ANY($2::uuid[])
"""


class CountsNobody(NotFound):
    """The measure has no customers to list: it divides money or purchases, or sums something."""

    code = "counts_no_customers"


class BadChoice(Invalid):
    """The segment or the part is none that there is."""

    code = "bad_choice"


@dataclass(frozen=True, slots=True)
class Someone:
    """One customer behind a figure. `segments`: on which sides they count; `joined`: they joined in the period."""

    customer_id: UUID
    part: Part
    segments: tuple[Segment, ...]
    joined: bool


@dataclass(frozen=True, slots=True)
class Told:
    """The same with the storefront's own ids, and whether the person was erased."""

    someone: Someone
    external_ids: list[str]
    erased: bool


@dataclass(frozen=True, slots=True)
class Behind:
    """The customers behind a figure. `places` are those of the chosen segment and part that were asked for.

    They are ids in order, each with the customer's number in the reading; `people` are the sets of every segment.
    """

    key: str
    period: Period
    known: Knowledge
    segment: Segment
    part: Part | None
    people: Mapping[str, People]
    joined: Customers
    places: Sequence[tuple[UUID, int]]

    @property
    def counts(self) -> dict[str, int]:
        """Tell how many are in each part of the segment."""
        group = self.people[self.segment]
        return {"numerator": len(group.did), "denominator_only": group.asked.difference_cardinality(group.did)}

    def listed(self) -> Iterator[Someone]:
        """Go through those that were asked for."""
        group = self.people[self.segment]
        sides = [name for name in ("member", "non_member") if name in self.people]
        for customer_id, number in self.places:
            yield Someone(
                customer_id,
                "numerator" if number in group.did else "denominator_only",
                tuple(cast("Segment", side) for side in sides if number in self.people[side].asked),
                number in self.joined,
            )


def chosen_part(word: str | None) -> Part | None:
    """Read a part; none means both."""
    return None if word is None else cast("Part", _one_of(word, get_args(Part), "part"))


def chosen_segment(word: str) -> Segment:
    """Read a segment."""
    return cast("Segment", _one_of(word, get_args(Segment), "segment"))


def group_of(key: str, outcome: Outcome, segment: Segment, part: Part | None) -> Customers:
    """Give the customers of a segment and a part. Raises `CountsNobody`, and `BadChoice` without a split."""
    if not outcome.people:
        raise CountsNobody(_nobody(key, outcome.reason))
    group = outcome.people.get(segment)
    if group is None:
        msg = f"{key} is not told for members and non-members apart: leave the segment out."
        raise BadChoice(msg, pointer="/segment")
    return {"numerator": group.did, "denominator_only": group.asked - group.did, None: group.asked}[part]


async def told(connection: Connection, program_id: int, namespace: str, someones: Sequence[Someone]) -> list[Told]:
    """Tell what a storefront calls these customers, in their order."""
    ids = [someone.customer_id for someone in someones]
    rows = {row["customer_id"]: row for row in await connection.fetch(_TOLD, program_id, ids, namespace)}
    return [
        Told(someone, rows[someone.customer_id]["external_ids"], rows[someone.customer_id]["erased"])
        for someone in someones
    ]


def _one_of(word: str, words: Sequence[str], name: str) -> str:
    if word not in words:
        msg = f"{name} is one of {', '.join(words)}, not {word[:40]!r}."
        raise BadChoice(msg, pointer=f"/{name}")
    return word


def _nobody(key: str, reason: Reason | None) -> str:
    if reason is not None:
        return f"{key} has no figure for this period, so there is nobody to list. {reason.text.en}"
    return f"{key} is no share of customers: nobody is in its numerator or denominator, so there is nobody to list."
