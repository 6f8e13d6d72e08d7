"""What happened to a member's points, in plain words, month by month."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from loyalty.account_page.points_said import points_said
from loyalty.format import Format
from loyalty.i18n import mark
from loyalty.members.timeline import Happened, Place
from loyalty.programs.facts import ProgramFacts

# How many rows the page itself shows; the rest has a page of its own.
SHORT = 6
_ICONS = {
    "refund": "receipt-refund", "cancellation": "receipt-refund",
    "held": "gift", "captured": "gift", "released": "gift", "reversed": "gift",
    "joined": "user-plus", "merged": "users", "referral": "users",
    "adjusted": "adjustments", "tier": "award", "settled": "clock", "action": "award",
}  # fmt: skip
_PARTS_OF_A_PLACE = 3


@dataclass(frozen=True)
class Row:
    """One thing that happened. `detail` begins with its day; `points` are signed, "" where none came or went."""

    icon: str
    title: str
    detail: str
    points: str
    less: bool


@dataclass(frozen=True)
class Month:
    """What happened in one month."""

    name: str
    rows: Sequence[Row]


def make_months(program: ProgramFacts, rows: Sequence[Happened], tiers: Mapping[str, str], f: Format) -> list[Month]:
    """Put what happened into words. `tiers`: their names by key, lowest first."""
    months = groupby(worth_telling(rows), lambda row: row.at.astimezone(program.zone).date().replace(day=1))
    return [Month(f.date(month, "MMMM y"), [_row(row, program, tiers, f) for row in group]) for month, group in months]


def worth_telling(rows: Sequence[Happened]) -> list[Happened]:
    """Leave out what changed nothing for the member."""
    return [row for row in rows if _worth_telling(row)]


def _worth_telling(row: Happened) -> bool:
    silent = {"membership", "claim", "edit", "action", "adjusted", "merged", "referral"}
    return bool(row.points) or row.cause not in silent


def _row(row: Happened, program: ProgramFacts, tiers: Mapping[str, str], f: Format) -> Row:
    day = row.at.astimezone(program.zone).date()
    return Row(
        icon=_ICONS.get(row.cause, "receipt"),
        title=_climbed(row, tiers, f) if row.cause == "tier" else _title(row, program, f),
        detail=" · ".join(part for part in (f.date(day, "d MMM"), *_more(row, f)) if part),
        points=f.signed(f.number(row.points), row.points) if row.points else "",
        less=row.points < 0,
    )


def _climbed(row: Happened, tiers: Mapping[str, str], f: Format) -> str:
    """Tell a change of the tier."""
    words, ranks = f.words, list(tiers)
    before, after = row.facts.get("from"), row.facts.get("to")
    if after is None:
        return words.gettext("Your tier ended")
    name = tiers.get(after, after)
    rose = before not in ranks or (after in ranks and ranks.index(after) > ranks.index(str(before)))
    return (
        words.gettext("You reached %(tier)s", tier=name) if rose else words.gettext("Your tier is %(tier)s", tier=name)
    )


def _title(row: Happened, program: ProgramFacts, f: Format) -> str:
    words = f.words
    if row.cause == "settled":
        return words.gettext(_DUE.get(row.part, mark("Points")))
    if row.cause in _OF_REWARDS:
        return _OF_REWARDS[row.cause](f, row.reward or words.gettext("a reward"))
    if row.cause == "adjusted":
        given = row.points > 0
        text = mark("Points from %(shop)s") if given else mark("Points taken back by %(shop)s")
        return words.gettext(text, shop=program.name)
    if row.cause == "action":
        return words.gettext(_DID.get(row.facts.get("action", ""), mark("Bonus points")))
    if row.cause == "referral":
        brought = row.facts.get("side") == "referrer"
        return words.gettext("For a friend you brought") if brought else words.gettext("Welcome gift from a friend")
    return words.gettext(_TITLES.get(row.cause, mark("Points")))


_DID = {"joining": mark("Welcome points"), "birthday": mark("Birthday points")}
_DUE = {
    "mature": mark("Points can be spent now"),
    "expire": mark("Points ended"),
    "release": mark("A reservation ran out"),
    "repay": mark("Points made up for what was missing"),
}
_TITLES = {
    "purchase": mark("Purchase"),
    "refund": mark("Sent back"),
    "cancellation": mark("Order cancelled"),
    "edit": mark("Order changed"),
    "claim": mark("Earlier purchase, counted for you"),
    "membership": mark("Earlier purchase, counted anew"),
    "joined": mark("You joined"),
    "left": mark("You left"),
    "merged": mark("Two of your accounts became one"),
}
_OF_REWARDS: dict[str, Callable[[Format, str], str]] = {
    "held": lambda f, name: f.words.gettext("Reserved: %(name)s", name=name),
    "captured": lambda f, name: f.words.gettext("Redeemed: %(name)s", name=name),
    "released": lambda f, name: f.words.gettext("Not redeemed: %(name)s", name=name),
    "reversed": lambda f, name: f.words.gettext("Given back: %(name)s", name=name),
}


def _more(row: Happened, f: Format) -> list[str]:
    """Say more of it: how many points, or how much money and where."""
    if row.cause == "settled" and not row.points:
        return [points_said(sum(move.points for move in row.moves), f)]
    if row.order_id is None:
        return []
    amount = row.refund_minor if row.cause == "refund" else row.facts.get("goods")
    money = "" if row.cause == "cancellation" or amount is None else f.money(amount)
    none = f.words.gettext("no points") if row.cause == "purchase" and not row.points else ""
    return [money, row.storefront or "", none]


def place_text(place: Place) -> str:
    """Write where a page of the history begins, for an address."""
    return f"{place.at.isoformat()}~{place.award_id.hex}~{place.part}"


def read_place(text: str) -> Place | None:
    """Read where a page begins; None for the newest, and for what is no place."""
    parts = text.split("~")
    if len(parts) != _PARTS_OF_A_PLACE or not parts[2].isascii() or "\0" in parts[2]:
        return None
    try:
        at = datetime.fromisoformat(parts[0])
        return Place(at, UUID(parts[1]), parts[2]) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
