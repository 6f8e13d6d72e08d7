"""The list of purchases, in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from admin.csv_file import Cell
from admin.format import MISSING, Format
from admin.members.addresses import with_query
from admin.members.listing import name_of
from admin.purchases.addresses import Filters, place_said
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.staff import StorefrontFacts
from loyalty.purchases.arrived import STATES, PurchaseSeen, PurchasesSeen


@dataclass(frozen=True)
class Row:
    """A purchase on the list. `chips` say what became of it; `customer` has no address where it is nobody's."""

    address: str
    order: str
    storefront: str
    at: str
    customer: str
    customer_address: str
    member: bool
    goods: str
    points: str
    chips: Sequence[str]


@dataclass(frozen=True)
class PurchasesPage:
    """The page. `storefronts` and `states` are the choices of the filters; `whose` those of one customer only."""

    base: str
    filters: Filters
    storefronts: Sequence[tuple[str, str]]
    states: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    counted: str
    too_many: bool
    whose: str
    everybody: str
    narrowed: bool
    csv: str
    first: str
    following: str


def make_listing(
    program: ProgramFacts, filters: Filters, seen: PurchasesSeen, storefronts: Sequence[StorefrontFacts], f: Format
) -> PurchasesPage:
    """Put a page of purchases into words."""
    base, found = f"/admin/p/{program.program_id}/purchases", seen.purchases
    after = place_said(filters.after[0], filters.after[1]) if filters.after else ""
    onward = place_said(found[-1].at, found[-1].purchase_id) if seen.more else ""
    whose = ""
    if filters.customer is not None:
        whose = _customer(found[0], f) if found else str(filters.customer)
    return PurchasesPage(
        base=base,
        filters=filters,
        storefronts=[(str(one.storefront_id), one.name) for one in storefronts],
        states=[(state, state_said(state, f)) for state in STATES],
        rows=[_row(program, one, f) for one in found],
        counted=f.words.ngettext(
            "%(n)s purchase, newest first", "%(n)s purchases, newest first", len(found), n=f.number(len(found))
        ),
        too_many=seen.too_many,
        whose=whose,
        everybody=with_query(base, replace(filters, customer=None).said),
        narrowed=any(filters.said.values()),
        csv=with_query(f"{base}.csv", {**filters.said, "after": after}),
        first=with_query(base, filters.said) if filters.after else "",
        following=with_query(base, {**filters.said, "after": onward}) if onward else "",
    )


def table(program: ProgramFacts, seen: PurchasesSeen, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the page as a table."""
    words = f.words
    header = [
        words.pgettext("purchase", "Order"),
        words.gettext("Storefront"),
        words.pgettext("purchase", "Placed at"),
        words.gettext("Customer"),
        words.gettext("Shop’s id"),
        words.gettext("Member"),
        words.gettext("Goods"),
        words.gettext("Refunded"),
        words.gettext("Points"),
        words.gettext("Outcome"),
    ]
    return header, [
        [
            one.order_id,
            one.storefront,
            one.at.astimezone(program.zone).isoformat(timespec="seconds"),
            one.name or one.email,
            one.shop_id,
            words.gettext("yes") if one.member else words.gettext("no"),
            None if one.goods_minor is None else f.in_major(one.goods_minor),
            f.in_major(one.refunded_minor),
            one.points,
            ", ".join(chips_of(one, f)) or state_said("recorded", f),
        ]
        for one in seen.purchases
    ]


def state_said(state: str, f: Format) -> str:
    """Say what became of a purchase."""
    words = f.words
    return {
        "recorded": words.pgettext("purchase", "Recorded"),
        "edited": words.pgettext("purchase", "Edited"),
        "refunded": words.pgettext("purchase", "Refunded"),
        "cancelled": words.pgettext("purchase", "Cancelled"),
        "awaited": words.gettext("Refund without its purchase"),
    }[state]


def chips_of(one: PurchaseSeen, f: Format) -> list[str]:
    """Say in a word or two what became of it beyond being recorded."""
    told = {
        "awaited": one.state == "awaited",
        "cancelled": one.state == "recorded" and one.cancelled,
        "refunded": one.state == "recorded" and bool(one.refunds) and not one.cancelled,
        "edited": one.edited,
    }
    chips = [state_said(state, f) for state, holds in told.items() if holds]
    return [*chips, f.words.gettext("Test")] if one.test else chips


def customer_said(name: str | None, email: str | None, shop_id: str | None, f: Format) -> str:
    """Call a customer by what is known."""
    return name_of(name, email, [shop_id] if shop_id else [], f)


def _customer(one: PurchaseSeen, f: Format) -> str:
    if one.customer_id is None:
        return f.words.gettext("Nobody’s")
    return customer_said(one.name, one.email, one.shop_id, f)


def _row(program: ProgramFacts, one: PurchaseSeen, f: Format) -> Row:
    base = f"/admin/p/{program.program_id}"
    return Row(
        address=f"{base}/purchases/{one.purchase_id}",
        order=one.order_id,
        storefront=one.storefront,
        at=f.instant(one.at, program.timezone),
        customer=_customer(one, f),
        customer_address=f"{base}/members/{one.customer_id}" if one.customer_id else "",
        member=one.member,
        goods=MISSING if one.goods_minor is None else f.money(one.goods_minor),
        points=f.number(one.points),
        chips=chips_of(one, f),
    )
