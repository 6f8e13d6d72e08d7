"""The reference figures of the public 84.51° Complete Journey sample with memberships from map A, as published.

The rows are the normative table, letter for letter, and parsed; counts must be equal, not near. Zone America/New_York,
money in minor units of USD. `read_orders` and `read_members` give the sample itself.
"""
# ruff: noqa: E501 - a published row is kept on its line

import csv
import gzip
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

TIMEZONE = "America/New_York"
CURRENCY = "USD"

# 2017 | orders m/all | buyers m / n / overlap | retention m | n | conversion m | n | AOV $ m / n | retention of all
_PUBLISHED = """
| 01 | 1060/12764 | 132 / 1851 / 0 | null | null | 132/140=94.29% | null | 34.3862 / 28.7808 | null |
| 02 | 2534/11768 | 397 / 1757 / 206 | 126/132=95.45% | 1637/1851=88.44% | 130/140=92.86% | 1637/1851=88.44% | 30.2699 / 29.6027 | 1763/1983=88.91% |
| 03 | 3539/12916 | 474 / 1599 / 48 | 402/413=97.34% | 1378/1535=89.77% | 419/443=94.58% | 1498/1735=86.34% | 30.9133 / 28.8574 | 1780/1948=91.38% |
| 04 | 5079/12677 | 678 / 1463 / 135 | 475/492=96.54% | 1348/1533=87.93% | 485/517=93.81% | 1475/1769=83.38% | 31.5631 / 28.0265 | 1823/2025=90.02% |
| 05 | 9157/13641 | 1178 / 1264 / 367 | 675/692=97.54% | 1177/1314=89.57% | 697/727=95.87% | 1335/1605=83.18% | 30.0635 / 28.1752 | 1852/2006=92.32% |
| 06 | 9651/12965 | 1197 / 833 / 4 | 1164/1208=96.36% | 711/867=82.01% | 1193/1261=94.61% | 813/1115=72.91% | 29.5260 / 26.6191 | 1875/2075=90.36% |
| 07 | 10175/13736 | 1226 / 871 / 21 | 1164/1202=96.84% | 699/824=84.83% | 1203/1271=94.65% | 852/1125=75.73% | 29.5021 / 27.2134 | 1863/2026=91.95% |
| 08 | 10570/13355 | 1317 / 787 / 72 | 1179/1226=96.17% | 679/850=79.88% | 1222/1297=94.22% | 796/1120=71.07% | 29.2918 / 26.8624 | 1858/2076=89.50% |
| 09 | 10032/12587 | 1302 / 727 / 1 | 1251/1319=94.84% | 576/713=80.79% | 1299/1401=92.72% | 713/1030=69.22% | 29.6672 / 27.3726 | 1827/2032=89.91% |
| 10 | 10578/13214 | 1358 / 731 / 40 | 1254/1302=96.31% | 597/726=82.23% | 1312/1404=93.45% | 731/1043=70.09% | 29.5737 / 28.4437 | 1851/2028=91.27% |
| 11 | 10574/12693 | 1419 / 652 / 10 | 1352/1428=94.68% | 515/621=82.93% | 1407/1532=91.84% | 644/921=69.92% | 30.7970 / 28.4945 | 1867/2049=91.12% |
| 12 | 11003/13054 | 1454 / 613 / 5 | 1373/1425=96.35% | 496/636=77.99% | 1447/1550=93.35% | 609/913=66.70% | 32.6440 / 30.4918 | 1869/2061=90.68% |
| Q1 | 7133/37448 | 486 / 2132 / 338 | null | null | 137/140=97.86% | null | 31.2008 / 29.0548 | null |
| Q2 | 23887/39283 | 1242 / 1721 / 662 | 504/511=98.63% | 1684/1769=95.19% | 508/517=98.26% | 1684/1769=95.19% | 30.1652 / 27.7669 | 2188/2280=95.96% |
| Q3 | 30777/39678 | 1389 / 1057 / 126 | 1246/1259=98.97% | 957/1042=91.84% | 1256/1271=98.82% | 1013/1125=90.04% | 29.4837 / 27.1493 | 2203/2301=95.74% |
| Q4 | 32155/38961 | 1526 / 936 / 134 | 1367/1389=98.42% | 865/931=92.91% | 1377/1404=98.08% | 929/1043=89.07% | 31.0266 / 29.0767 | 2232/2320=96.21% |
"""


@dataclass(frozen=True, slots=True)
class Share:
    """`num` of `den`, and the percentage as it was printed."""

    num: int
    den: int
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Row:
    """The published figures of one month or quarter of 2017. None: null, for want of a period before."""

    name: str
    start: date
    end: date
    orders_member: int
    orders_all: int
    buyers_member: int
    buyers_other: int
    overlap: int
    retention_member: Share | None
    retention_other: Share | None
    conversion_member: Share | None
    conversion_other: Share | None
    aov_member: Decimal
    aov_other: Decimal
    retention_all: Share | None


# The year 2017.
YEAR_ORDERS = 155_848
YEAR_QUALIFYING = 155_370
YEAR_ZERO_AMOUNT = 478
YEAR_NET_MINOR = 459_603_958
YEAR_ORDERS_MEMBER = 93_952
YEAR_NET_MEMBER_MINOR = 284_819_159
YEAR_BUYERS_MEMBER = 1552
YEAR_BUYERS_OTHER = 2314
YEAR_OVERLAP = 1397
YEAR_BUYERS = 2469
YEAR_AOV_MEMBER = Decimal("30.32")
YEAR_AOV_OTHER = Decimal("28.46")
# Value, low, high, in dollars.
YEAR_AOV_DIFFERENCE = (Decimal("1.86"), Decimal("0.69"), Decimal("3.02"))
YEAR_POINTS = 2_802_336
YEAR_REPEAT_BUYERS = 2438
# Monthly buyers of all twelve months added up, which counts customers many times.
MONTHLY_BUYERS_ADDED = 24_371

# May 2017, members less non-members: value, low, high; rates in percentage points, the basket in dollars, orders.
MAY_DIFFERENCES = {
    "retention_rate": (Decimal("8.0"), Decimal("5.9"), Decimal("10.0")),
    "loyal_conversion": (Decimal("12.7"), Decimal("10.3"), Decimal("15.0")),
    "aov": (Decimal("1.89"), Decimal("-0.24"), Decimal("4.01")),
    "orders_per_active": (Decimal("4.23"), Decimal("3.75"), Decimal("4.71")),
}
MAY_JOINERS = 534
MAY_LEFT_OUT = 54

# Retention by month, 95 % intervals in per cent: members low, high, non-members low, high.
RETENTION_INTERVALS = {
    "02": ("90.4", "97.9", "86.9", "89.8"),
    "03": ("95.3", "98.5", "88.2", "91.2"),
    "04": ("94.5", "97.8", "86.2", "89.5"),
    "05": ("96.1", "98.5", "87.8", "91.1"),
    "06": ("95.1", "97.3", "79.3", "84.4"),
    "07": ("95.7", "97.7", "82.2", "87.1"),
    "08": ("94.9", "97.1", "77.1", "82.4"),
    "09": ("93.5", "95.9", "77.7", "83.5"),
    "10": ("95.1", "97.2", "79.3", "84.8"),
    "11": ("93.4", "95.7", "79.8", "85.7"),
    "12": ("95.2", "97.2", "74.6", "81.0"),
}


def read_orders() -> list[dict[str, str]]:
    """Give the sample's 155,848 baskets: order_id, customer_id, placed_at, net_cents and more."""
    return _read("completejourney_orders.csv.gz")


def read_members() -> dict[str, datetime]:
    """Give when each of map A's 1,559 households joined."""
    rows = _read("completejourney_members_A_targeted.csv.gz")
    return {row["customer_id"]: instant(row["joined_at"]) for row in rows}


def instant(text: str) -> datetime:
    """Read an instant of the sample."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _read(name: str) -> list[dict[str, str]]:
    with gzip.open(_folder() / name, "rt") as lines:
        return list(csv.DictReader(lines))


def _folder() -> Path:
    """Find the sample: with the demo, or in the shared data beside the project."""
    here = Path(__file__).parents[2]
    places = [
        *here.glob("loyalty/demo/**/"),
        here / "shared/data/completejourney",
        here.parent / "shared/data/completejourney",
    ]
    for place in places:
        if (place / "completejourney_orders.csv.gz").is_file():
            return place
    msg = f"the Complete Journey sample is in none of {places}"
    raise FileNotFoundError(msg)


def _share(cell: str) -> Share | None:
    if cell == "null":
        return None
    counts, percent = cell.removesuffix("%").split("=")
    num, den = map(int, counts.split("/"))
    return Share(num, den, Decimal(percent))


def _days(name: str) -> tuple[date, date]:
    months = 3 if name.startswith("Q") else 1
    first = 3 * int(name[1:]) - 2 if months == 3 else int(name)
    after = first + months
    return date(2017, first, 1), date(2017 + (after - 1) // 12, (after - 1) % 12 + 1, 1)


def _row(line: str) -> Row:
    name, orders, buyers, *rates, aov, retention_all = (cell.strip() for cell in line.strip("|").split("|"))
    orders_member, orders_all = map(int, orders.split("/"))
    buyers_member, buyers_other, overlap = map(int, buyers.split("/"))
    aov_member, aov_other = (Decimal(part.strip()) for part in aov.split("/"))
    retention_member, retention_other, conversion_member, conversion_other = map(_share, rates)
    return Row(
        name,
        *_days(name),
        orders_member,
        orders_all,
        buyers_member,
        buyers_other,
        overlap,
        retention_member,
        retention_other,
        conversion_member,
        conversion_other,
        aov_member,
        aov_other,
        _share(retention_all),
    )


ROWS = [_row(line) for line in _PUBLISHED.strip().splitlines()]
