"""The parts of a period told by hand, a row a customer, as `test_measures.facts` tells the rest of it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kpi.facts import Customers
from kpi.parts.activity import Activity
from kpi.parts.first_days import FirstDays
from kpi.parts.gaps import DAY, Gaps
from kpi.parts.history import History
from kpi.parts.length import Length
from kpi.parts.stock import Stock

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
        "stock": Stock(who(lambda row: (row.get("member") or row.get("joined")) and not row.get("left"))),
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
