"""The parts of a period told by hand, a row a customer, as `facts_told.facts` tells the rest of it."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from kpi.facts import Customers
from kpi.parts.activity import Activity
from kpi.parts.first_days import FirstDays
from kpi.parts.gaps import DAY, Gaps
from kpi.parts.history import History
from kpi.parts.length import Length
from kpi.parts.money import Channel, Covered, HandedOver, Leads, Margins, Rewards, Spent, Units
from kpi.parts.often import MOST, Often
from kpi.parts.opinions import Opinions, Said
from kpi.parts.points import FirstRedemptions, Points, PointWorth
from kpi.parts.referring import Referring
from kpi.parts.stock import Stock
from kpi.parts.tiers import Tiers
from kpi.parts.waits import Waits
from loyalty.intervals import Answers

MONTHS = 3
Rows = list[dict[str, Any]]


def parts_of(rows: Rows) -> dict[str, Any]:
    """Tell every part: three months, with a year and a window of activity before them that are known."""

    def who(asked: Callable[[dict[str, Any]], Any]) -> Customers:
        return Customers(number for number, row in enumerate(rows) if asked(row))

    joined = who(lambda row: row.get("joined"))
    return {
        "activity": Activity(365, who(lambda row: row.get("before")), who(lambda row: row.get("buys")), enough=True),
        "first_days": FirstDays(joined, who(lambda row: row.get("joined") and row.get("buys")), Customers()),
        "gaps": gaps(rows),
        "history": History(a_year=True),
        "length": Length(MONTHS),
        "often": often(rows),
        "opinions": Opinions(opinion(rows, member=True), opinion(rows, member=False)),
        **points_and_money(rows),
        "referring": referring(rows),
        "stock": Stock(who(lambda row: (row.get("member") or row.get("joined")) and not row.get("left"))),
        "tiers": Tiers(
            {"silver": who(lambda row: row.get("member") and not row.get("before"))},
            {"silver": who(lambda row: row.get("member") and not row.get("buys"))},
        ),
        "waits": waits(rows),
    }


def opinion(rows: Rows, *, member: bool) -> Said:
    """Let who bought last under that status answer with what it came to, modulo 11."""
    last = {number: row["buys"][-1] for number, row in enumerate(rows) if row.get("buys")}
    scores = {number: net % 11 for number, (net, as_member) in last.items() if as_member is member}
    promoters = [number for number, score in scores.items() if score >= 9]
    detractors = sum(score <= 6 for score in scores.values())
    answers = Answers(len(promoters), len(scores) - len(promoters) - detractors, detractors)
    return Said(answers, Customers(scores), Customers(promoters), asked=len(rows), replied=len(scores))


def points_and_money(rows: Rows) -> dict[str, Any]:
    """Tell what moved and what was spent: a point a cent, half of which is spent; a unit a purchase, every third back.

    Each purchase cost a third of its money; every customer was a lead, and each newcomer redeemed after a day for each
    of his purchases.
    """
    buys = [(number, net, member) for number, row in enumerate(rows) for net, member in row.get("buys", [])]
    person, net, member = (np.array(column, dtype=np.int64) for column in list(zip(*buys, strict=True)) or ((), (), ()))
    total = int(net.sum())
    joined = [len(row.get("buys", [])) for row in rows if row.get("joined")]
    days = np.array(joined, dtype=np.int64)
    back = [int((member == side).sum()) * 2 for side in (1, 0)]
    firsts = [row["buys"][0][0] for row in rows if row.get("buys") and not row.get("known")]
    web = Channel(len(rows), sum(bool(row.get("buys")) for row in rows))
    return {
        "first_margins": Covered(sum(firsts), sum(firsts) // 3, sum(firsts), len(firsts)),
        "first_redemptions": FirstRedemptions(86_400_000_000 * (days + 1), (days > 0).astype(np.int64)),
        "handed_over": HandedOver(total, 4 * total),
        "leads": Leads({"web": web} if rows else {}),
        "margins": Margins(person, member, net, net // 3, net),
        "point_worth": PointWorth(Fraction(1, 2), Fraction(1, 10)),
        "points": Points(issued=total, redeemed=2 * total, outstanding=total, redeemers=Customers(person[::2])),
        "rewards": Rewards(total, 2 * total),
        "spend": Spent({"acquisition": 1000, "enrolment": 500}),
        "units": Units(person, member, np.ones_like(net), (net % 3 == 0).astype(np.int64), (back[0], back[1])),
    }


def other_way_round(parts: dict[str, Any]) -> dict[str, Any]:
    """Let members and non-members change places."""
    gaps, margins, units = parts["gaps"], parts["margins"], parts["units"]
    return {
        **parts,
        "gaps": replace(gaps, member=~gaps.member),
        "margins": replace(margins, member=1 - margins.member),
        "units": replace(units, member=1 - units.member, flow=units.flow[::-1]),
        "opinions": Opinions(parts["opinions"].other, parts["opinions"].member),
    }


def gaps(rows: Rows) -> Gaps:
    """Give each purchase that is not the first of a life a gap, which its money tells: a minor unit an hour."""
    told = [
        (number, net * 3600 % (300 * DAY), member)
        for number, row in enumerate(rows)
        for net, member in row.get("buys", [])[not row.get("known") :]
    ]
    customer, seconds, member = zip(*told, strict=True) if told else ((), (), ())
    return Gaps(np.array(customer, dtype=np.int64), np.array(seconds, dtype=np.int64), np.array(member, dtype=np.bool_))


def often(rows: Rows) -> Often:
    """Count who bought so often, by status."""
    statuses = {"all": (True, False), "member": (True,), "non_member": (False,)}
    bought = {
        name: [sum(member in chosen for _, member in row.get("buys", [])) for row in rows]
        for name, chosen in statuses.items()
    }
    return Often({name: [sum(n >= step for n in each) for step in range(1, MOST + 1)] for name, each in bought.items()})


def referring(rows: Rows) -> Referring:
    """Let every member invite, every second newcomer come by it, and buy again where there are two purchases."""
    brought = [n for n, row in enumerate(rows) if n % 2 == 0 and row.get("buys") and not row.get("known")]
    again = [n for n in brought if len(rows[n]["buys"]) > 1]
    return Referring(
        inviters=Customers(n for n, row in enumerate(rows) if row.get("member")),
        invitations=len(rows),
        signed_up=len(rows) // 2,
        won=len(brought),
        claims=len(rows),
        refused={"own_code": len(rows) // 3},
        brought=Customers(brought),
        watched=Customers(brought),
        again=Customers(again),
        net=sum(net for n in brought for net, _ in rows[n]["buys"]),
        purchases=sum(len(rows[n]["buys"]) for n in brought),
    )


def waits(rows: Rows) -> Waits:
    """Let every purchase be watched for an hour a minor unit; those of an even number of them were followed."""
    told = [(net * 3600, int(net % 2 == 0), member) for row in rows for net, member in row.get("buys", [])]
    watched, followed, member = zip(*told, strict=True) if told else ((), (), ())
    ints = [np.array(column, dtype=np.int64) for column in (watched, followed)]
    return Waits(ints[0], ints[1], np.array(member, dtype=np.bool_))
