"""People without a database: Nora with a bit of everything, and those beside her on the list."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import msgspec

from loyalty.members.people import Found
from loyalty.members.person import HoldShown, LotShown, PersonFacts, Purse
from loyalty.members.staff import Seen
from loyalty.members.timeline import Happened, Move, Timeline
from loyalty.members.why import LineShare, RuleShare, Why
from loyalty.members.wire import MembershipOut
from loyalty.segments.facts import SegmentName

NORA = UUID(int=0x1797)
BARE = UUID(int=0xBA2E)
GONE = UUID(int=0x604E)
NOW = datetime.fromisoformat("2017-12-31T23:01:00-05:00")
# A version that everybody has left behind.
STALE = 999_999


def ago(days: float, hours: float = 0) -> datetime:
    """Give an instant before now."""
    return NOW - timedelta(days=days, hours=hours)


def award(number: int) -> UUID:
    """Name a decision."""
    return UUID(int=number)


def move(kind: str, debit: str, credit: str, points: int) -> Move:
    """Make a movement."""
    return Move(kind, debit, credit, points)


def happened(
    number: int,
    cause: str,
    at: datetime,
    *moves: Move,
    facts: dict[str, Any] | None = None,
    **more: Any,  # noqa: ANN401
) -> Happened:
    """Make a row of a timeline."""
    more = {"part": "", "given": 0, "actor": "web shop"} | more
    return Happened(
        award_id=award(number), cause=cause, at=at, facts=facts or {}, recorded_at=at, moves=list(moves), **more
    )


def bought(number: int, cause: str, at: datetime, goods: int, *moves: Move, **facts: Any) -> Happened:  # noqa: ANN401
    """Make a row of an order."""
    refund_minor = facts.pop("refund_minor", None)
    facts = {"goods": goods, "kept": goods, "member": True, "reason": None} | facts
    order = {"purchase_id": award(900 + number), "order_id": f"4073979{number}", "storefront": "Store 322"}
    return happened(number, cause, at, *moves, facts=facts, refund_minor=refund_minor, **order)


def rows() -> list[Happened]:
    """Tell what happened to Nora, newest first."""
    dollars_off = {"reward": "$5 off"}
    return [
        bought(20, "purchase", ago(2, 8), 8655, move("issue", "issued", "pending", 86)),
        happened(19, "adjusted", ago(3), move("adjust", "adjusted", "available", 50), facts={"points": 50},
                 reason="Late delivery on 28 December, agreed by phone.", actor="maya@example.com"),
        happened(18, "adjusted", ago(3, 1), move("adjust", "available", "adjusted", 20), facts={"points": -20},
                 reason=None, actor="maya@example.com"),
        happened(17, "settled", ago(4), move("mature", "pending", "available", 41), part="mature", actor=""),
        happened(16, "settled", ago(4), move("expire", "available", "expired", 12), part="expire", actor=""),
        happened(15, "held", ago(5), move("hold", "available", "held", 500), facts={"points": 500}, **dollars_off),
        happened(14, "captured", ago(11, 11), move("capture", "held", "redeemed", 500), facts={"captured": 500},
                 used_on=award(913), used_order="40739913", **dollars_off),
        bought(13, "purchase", ago(11, 11), 4193, move("issue", "issued", "available", 41),
               move("repay", "available", "debt", 12)),
        bought(12, "refund", ago(12), 7722, move("claw_back", "available", "clawed_back", 20),
               move("claw_back", "debt", "clawed_back", 12), move("reverse", "redeemed", "available", 5), kept=4522,
               refund_minor=3200, restored=5, clamped=3),
        bought(11, "membership", ago(40), 3247, move("issue", "issued", "available", 36)),
        happened(10, "action", ago(60), move("issue", "issued", "available", 25), given=25,
                 facts={"action": "review", "reason": None}),
        happened(5, "tier", ago(61), facts={"from": "silver", "to": "gold", "cause": "reached"}, part="tier0000000002"),
        happened(4, "action", ago(70), move("issue", "issued", "pending", 10), given=10,
                 facts={"action": "birthday", "reason": None}),
        happened(3, "action", ago(80), facts={"action": "visit", "reason": "no_rule"}),
        happened(9, "merged", ago(100), move("merge", "adjusted", "available", 30), facts={"purchases": 2}),
        happened(8, "left", ago(150), facts={"purchases": 0, "points": 0}),
        happened(7, "joined", ago(237), facts={"purchases": 3, "points": 10}),
        happened(2, "action", ago(237), move("issue", "issued", "available", 30), given=30,
                 facts={"action": "joining", "reason": None}),
        bought(6, "purchase", ago(240), 1999, reason="not_member", member=False),
    ]  # fmt: skip


def lot(seq: int, left: int, original: int, earned: float, **more: Any) -> LotShown:  # noqa: ANN401
    """Make a lot."""
    at = ago(earned)
    fields = {"matures_at": at, "ends_at": None, "slides": False, "pending": False, "brought_by": "issue"}
    return LotShown(seq=seq, left=left, original=original, earned_at=at, **{**fields, "order_id": None, **more})


def lots() -> list[LotShown]:
    """Give Nora's lots in spending order."""
    february = datetime.fromisoformat("2018-03-01T00:00:00-05:00")
    march = datetime.fromisoformat("2018-04-01T00:00:00-04:00")
    return [
        lot(1, 79, 100, 41, ends_at=february, order_id="40739790237"),
        lot(2, 19, 19, 40, ends_at=february, order_id="40739790238"),
        lot(3, 196, 200, 23, ends_at=march, order_id="40739790300"),
        lot(4, 86, 86, 2, ends_at=march, matures_at=NOW + timedelta(days=1), pending=True, order_id="4073979020"),
        lot(5, 50, 50, 3, brought_by="adjust"),
    ]


def nora() -> Seen:
    """Give the page of somebody with a bit of everything."""
    person = PersonFacts(
        NORA, None, "Nora Whitfield", "nora@example.com", "en", ago(240), None, ["1797", "crm/0081"],
        [MembershipOut(ago(90), None), MembershipOut(ago(237), ago(150))],
    )  # fmt: skip
    held = HoldShown(UUID(int=5), 500, ago(0, 1), NOW + timedelta(minutes=30), "$5 off")
    purse = Purse(
        now=NOW, is_member=True, available=344, pending=86, held=500, debt=0, lots=lots(), holds=[held], unwritten=[]
    )
    inside = [SegmentName("big-spenders", "Big <spenders>"), SegmentName("new", "New here")]
    return Seen(person, purse, Timeline(rows(), more=True), None, segments=inside)


def bare() -> Seen:
    """Give the page of somebody of whom nothing is known but an id."""
    person = PersonFacts(BARE, None, None, None, None, ago(3), None, ["till-7"], [])
    purse = Purse(now=NOW, is_member=False, available=0, pending=0, held=0, debt=0, lots=[], holds=[], unwritten=[])
    return Seen(person, purse, Timeline([], more=False), None)


def why_acted(row: Happened) -> Why:
    """Give reasons of something else than a purchase: one rule for it, which has a name, or none."""
    rule = {"id": "thanks", "name": "Thanks", "kind": "custom_action", "action": "review", "points": 25}
    share = RuleShare("custom_action", "25", rule="thanks")
    seen = {"tier": {"key": "gold", "factor": "1.5"}, "segments": ["vip"], "caps": {}}
    return Why(
        row.award_id, "action", 2, None, [share] if row.given else [], row.facts | {"seen": seen}, row.given, row.given,
        row.given, row.recorded_at, "01J0REQUEST", None, None, [], [rule], row.moves, {"vip": "Very important"},
    )  # fmt: skip


def why(row: Happened) -> Why:
    """Give reasons as an award stores them: a line that counts, one that does not, and a refund's difference."""
    if row.purchase_id is None:
        return why_acted(row)
    exact = Fraction(row.facts["kept"], 100)
    gift = LineShare("2", "0", "0", "gift_card")
    lines = [LineShare("1", str(row.facts["kept"]), str(exact)), gift]
    share = RuleShare("points_per_amount", str(exact), str(exact), lines=lines)
    target = 0 if row.facts["reason"] else int(exact)
    before = 77 if row.cause == "refund" else 0
    return Why(
        row.award_id, row.cause, 2, str(row.facts["kept"]), [share], row.facts, target, target - before, row.points,
        row.recorded_at, "01J0REQUEST", row.order_id or "", row.storefront or "",
        [{"line_id": "1", "sku": "Grapes, red", "category": "Produce"}, {"line_id": "2", "sku": None}],
        [{"kind": "points_per_amount", "points_per_step": 1, "step_minor": 100, "whole_steps": False}], row.moves,
    )  # fmt: skip


def with_why(seen: Seen, award_id: UUID | None) -> Seen:
    """Open the reasons of a row, where there is one with reasons."""
    row = next((row for row in seen.timeline.rows if row.award_id == award_id and row.has_reasons), None)
    return msgspec.structs.replace(seen, why=why(row)) if row else seen


def found(customer_id: UUID, *ids: str, **more: Any) -> Found:  # noqa: ANN401
    """Make somebody on the list: no member, unless it is said."""
    fields = {"name": None, "email": None, "exact": False, "erased": False, "inside": False, "joined_at": None}
    return Found(customer_id=customer_id, ids=list(ids), **{**fields, "left_at": None, **more})


def some_people() -> list[Found]:
    """Give the people of a page."""
    left = {"joined_at": ago(200), "left_at": ago(20)}
    return [
        found(NORA, "1797", "crm/0081", name="Nora Whitfield", email="nora@example.com", inside=True,
              joined_at=ago(90), available=344, pending=86, held=500),
        found(BARE, "till-7"),
        found(UUID(int=3), "a-rather-long-id-of-a-customer-in-a-shop-0000000001", available=12, debt=7,
              name="Amélie de la Rochefoucauld-Montmorency", email="amelie.de.la.rochefoucauld@example.org", **left),
        found(GONE, erased=True, **left),
    ]  # fmt: skip
