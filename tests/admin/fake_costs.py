"""Costs that somebody entered: a point that became cheaper, money for two things, a lead, an article."""

from datetime import UTC, date, datetime
from decimal import Decimal

from kpi.inputs.facts import NewLead, NewPointCost, NewSpend, NewUnitCost
from kpi.inputs.staff import Entered, Listed


def some_costs() -> Entered:
    """Give a few of each."""
    return Entered(
        point_costs=Listed(
            [
                NewPointCost(date(2017, 6, 1), Decimal("0.45"), Decimal("0.125")),
                NewPointCost(date(2017, 1, 1), Decimal(1), Decimal("0.2")),
            ],
            2,
        ),
        spend=Listed(
            [
                NewSpend("ads/8", "acquisition", date(2017, 5, 12), 125_050, "Search", "Spring campaign"),
                NewSpend("panel/1", "enrolment", date(2017, 4, 1), 0),
            ],
            2,
        ),
        leads=Listed(
            [
                NewLead(
                    "l-1", datetime(2017, 5, 2, 2, tzinfo=UTC), qualified=True, channel="Fair", email="ada@example.org"
                )
            ],
            1234,
        ),
        unit_costs=Listed([NewUnitCost("Pear jam", date(2017, 1, 1), 120)], 1),
    )
