"""One purchase in words: what was told of it, what it led to, and what is to be seen elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps

from admin.format import MISSING, Format
from admin.members.addresses import with_query
from admin.purchases.listing import chips_of, customer_said
from admin.rewards.listing import state_of
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.arrived import AwardSeen, PurchaseOpened, RedemptionSeen, RefundSeen, Told


@dataclass(frozen=True)
class Decision:
    """A decision about its points. `why` leads to the reasons on the member's page."""

    said: str
    at: str
    who: str
    points: str
    less: bool
    note: str
    why: str


@dataclass(frozen=True)
class Redeemed:
    """A reward that was used on it, whose, and what became of it. `points` were taken, or are still set aside."""

    reward: str
    address: str
    who: str
    member: str
    points: str
    state: str
    note: str
    at: str


@dataclass(frozen=True)
class Revision:
    """What was told at a time, as JSON. `holds`: it is what holds now."""

    title: str
    when: str
    json: str
    holds: bool


@dataclass(frozen=True)
class PurchasePage:
    """The page. `facts` are (label, value)."""

    base: str
    order: str
    storefront: str
    at: str
    awaited: bool
    chips: Sequence[str]
    customer: str
    customer_address: str
    others: str
    facts: Sequence[tuple[str, str]]
    decisions: Sequence[Decision]
    refunds: Sequence[tuple[str, str, str, str]]
    redemptions: Sequence[Redeemed]
    revisions: Sequence[Revision]
    refused: str


def make_purchase(program: ProgramFacts, opened: PurchaseOpened, f: Format) -> PurchasePage:
    """Put it into words."""
    words, one = f.words, opened.seen
    base = f"/admin/p/{program.program_id}"
    goods = MISSING if one.goods_minor is None else f.money(one.goods_minor)
    return PurchasePage(
        base=f"{base}/purchases",
        order=one.order_id,
        storefront=one.storefront,
        at=f.instant(one.at, program.timezone),
        awaited=one.state == "awaited",
        chips=chips_of(one, f),
        customer=customer_said(one.name, one.email, one.shop_id, f) if one.customer_id else words.gettext("Nobody’s"),
        customer_address=f"{base}/members/{one.customer_id}" if one.customer_id else "",
        others=f"{base}/purchases?customer={one.customer_id}" if one.customer_id else "",
        facts=[
            (words.gettext("Goods"), goods),
            (words.gettext("Refunded"), f.money(one.refunded_minor)),
            (words.gettext("Points"), f.number(one.points)),
            (words.gettext("Member then"), words.gettext("yes") if one.member else words.gettext("no")),
        ],
        decisions=[_decision(program, award, f) for award in opened.awards],
        refunds=[_refund(program, refund, f) for refund in opened.refunds],
        redemptions=[_redeemed(program, one, f) for one in opened.redemptions],
        revisions=[_revision(program, told, f) for told in opened.told],
        refused=with_query(f"{base}/purchases/refused", {"q": one.order_id}),
    )


def _decision(program: ProgramFacts, award: AwardSeen, f: Format) -> Decision:
    words = f.words
    said = {
        "purchase": words.gettext("Purchase"),
        "refund": words.gettext("Refund"),
        "cancellation": words.gettext("Cancellation"),
        "edit": words.gettext("Purchase edited"),
        "claim": words.gettext("Purchase claimed"),
        "membership": words.gettext("Purchase decided anew"),
    }
    why = f"/admin/p/{program.program_id}/members/{award.survivor}?why={award.award_id}#why" if award.survivor else ""
    who = customer_said(award.name, award.email, award.shop_id, f) if award.customer_id else words.gettext("Nobody’s")
    return Decision(
        said=said.get(award.cause, award.cause),
        at=f.instant(award.recorded_at, program.timezone),
        who=who,
        points=f.signed(f.number(award.given), award.given),
        less=award.given < 0,
        note=_why_none(award.reason, f) if award.reason else "",
        why=why,
    )


def _why_none(reason: str, f: Format) -> str:
    words = f.words
    return {
        "not_member": words.gettext("Not a member when the order was placed."),
        "no_rule": words.gettext("No rule rewards it."),
        "anonymous": words.gettext("The shop named no customer."),
        "test": words.gettext("A test order: it never earns."),
    }.get(reason, reason)


def _refund(program: ProgramFacts, refund: RefundSeen, f: Format) -> tuple[str, str, str, str]:
    """Give kind and id, money, when, and whether it came too early."""
    words = f.words
    name = words.gettext("Cancellation") if refund.kind == "cancellation" else words.gettext("Refund")
    money = words.gettext("all that was left") if refund.goods_minor is None else f.money(refund.goods_minor)
    early = words.gettext("came before the purchase") if refund.parked else ""
    said = f"{name} {refund.refund_id}".strip()
    return said, money, f.instant(refund.refunded_at, program.timezone), early


def _redeemed(program: ProgramFacts, one: RedemptionSeen, f: Format) -> Redeemed:
    base = f"/admin/p/{program.program_id}"
    back = f.words.gettext("%(n)s came back", n=f.number(one.returned)) if one.returned else ""
    return Redeemed(
        reward=one.reward,
        address=f"{base}/rewards/{one.reward_id}",
        who=customer_said(one.name, one.email, one.shop_id, f),
        member=f"{base}/members/{one.survivor}",
        points=f.number(one.captured if one.state == "captured" else one.points),
        state=state_of(one, f),
        note=back,
        at=f.instant(one.opened_at, program.timezone),
    )


def _revision(program: ProgramFacts, told: Told, f: Format) -> Revision:
    words = f.words
    at = f.instant(told.at, program.timezone)
    when = words.gettext("told %(at)s", at=at)
    if told.until is not None:
        when = words.gettext("told %(at)s, held until %(until)s", at=at, until=f.instant(told.until, program.timezone))
    return Revision(
        title=words.gettext("As it holds") if told.until is None else words.gettext("As it was before"),
        when=when,
        json=dumps(told.facts, ensure_ascii=False, indent=2),
        holds=told.until is None,
    )
