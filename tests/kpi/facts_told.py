"""A period told by hand, a row a customer: who was a member, who bought what, and who did before."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from kpi.facts import Anonymous, Customers, PeriodFacts, Side, Spread
from tests.kpi.parts_told import other_way_round, parts_of


def facts(rows: list[dict[str, Any]], anonymous: list[int] | None = None) -> PeriodFacts:
    """Put a period together, a row a customer: member, known, before, joined; buys as (net, as a member) pairs."""
    nets = anonymous or []

    def who(asked: Callable[[dict[str, Any]], Any]) -> Customers:
        return Customers(number for number, row in enumerate(rows) if asked(row))

    def bought(row: dict[str, Any], *, member: bool) -> list[int]:
        return [net for net, as_member in row.get("buys", []) if as_member is member]

    def side(*, member: bool) -> Side:
        own = [bought(row, member=member) for row in rows]
        return Side(
            orders=sum(map(len, own)),
            net=sum(map(sum, own)),
            buyers=who(lambda row: bought(row, member=member)),
            twice=who(lambda row: len(bought(row, member=member)) > 1),
            # The first of one's life is the first told, unless one was known before.
            again=who(
                lambda row: any(as_member is member for _, as_member in row.get("buys", [])[not row.get("known") :])
            ),
        )

    sums = [
        np.array([asked(bought(row, member=member)) for row in rows], dtype=np.int64)
        for member in (True, False)
        for asked in (len, sum)
    ]
    return PeriodFacts(
        member_at_start=who(lambda row: row.get("member")),
        known=who(lambda row: row.get("known")),
        bought_before=who(lambda row: row.get("before")),
        joined=who(lambda row: row.get("joined")),
        left=who(lambda row: row.get("left")),
        member=side(member=True),
        other=side(member=False),
        anonymous=Anonymous(len(nets), sum(nets), sum(net * net for net in nets)),
        spread=Spread(*sums),
        parts=parts_of(rows),
    )


def mirrored(period: PeriodFacts) -> PeriodFacts:
    """Let members and non-members change places."""
    spread = period.spread
    assert spread is not None
    return replace(
        period,
        member_at_start=period.known - period.member_at_start,
        member=period.other,
        other=period.member,
        spread=Spread(spread.other_orders, spread.other_net, spread.member_orders, spread.member_net),
        parts=other_way_round(dict(period.parts)),
    )


def buyer(net: int, *, member: bool = False) -> dict[str, Any]:
    """Let somebody who bought before buy once more."""
    return {"buys": [(net, member)], "known": True, "before": True, "member": member}
