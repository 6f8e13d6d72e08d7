"""The page of a member, made of ready texts: who it is, the points, what happened, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from admin.format import Format
from admin.members.adjusting import AdjustForm, Outcome, available_said
from admin.members.answers import Besides
from admin.members.listing import name_of
from admin.members.purse import Figure, HoldRow, LotGroup, lots_left_out, make_holds, make_lots, make_strip
from admin.members.rule_names import speaker_of_why
from admin.members.telling import Teller, points_said
from admin.members.timeline import TimelinePart, make_timeline
from admin.members.why import WhyBox, make_why
from admin.tiers.listing import TierBox, make_box, names_of
from loyalty.account_page.staff import StaffLink
from loyalty.members.person import PersonFacts, Purse
from loyalty.members.staff import Seen
from loyalty.programs.facts import ProgramFacts
from loyalty.segments.facts import SegmentName


@dataclass(frozen=True)
class Asked:
    """What the address asks for: where the timeline begins, whose reasons are open, what was just done."""

    after: str = ""
    why: str = ""
    done: str = ""
    tier: str = ""
    hold: str = ""


@dataclass(frozen=True)
class MemberPage:
    """The page, top to bottom. `adjust` is there for those who may."""

    base: str
    name: str
    status: str
    inside: bool
    about: Sequence[str]
    ids: Sequence[str]
    periods: Sequence[str]
    origin: str
    notice: str
    strip: Sequence[Figure]
    lots: Sequence[LotGroup]
    lots_left_out: str
    lots_sum: str
    lots_csv: str
    holds: Sequence[HoldRow]
    timeline: TimelinePart
    why: WhyBox | None
    adjust: AdjustForm | None
    available: str
    segments: Sequence[SegmentName]
    tier: TierBox | None
    tier_said: str
    hold_said: str
    hold_let_go: bool
    holds_tiers: bool
    gives_out: bool
    erases: bool
    makes_links: bool
    link: str
    link_said: str
    # What would come of the form for adjusting is asked for while it is filled in.
    outcome: Outcome = field(default_factory=Outcome)


def make_member(
    program: ProgramFacts,
    seen: Seen,
    asked: Asked,
    adjust: AdjustForm | None,
    f: Format,
    *,
    sees_orders: bool = False,
    holds_tiers: bool = False,
    makes_links: bool = False,
    gives_out: bool = False,
    erases: bool = False,
    link: StaffLink | None = None,
    others: Sequence[Besides] = (),
) -> MemberPage:
    """Put everything about somebody into words."""
    person, purse, zone = seen.person, seen.purse, program.zone
    base = f"/admin/p/{program.program_id}/members/{person.customer_id}"
    name = name_of(person.name, person.email, person.ids, f)
    opened, tiers = str(seen.why.award_id) if seen.why else "", names_of(seen.tier, f)
    teller = Teller(f, zone, tiers, f"/admin/p/{program.program_id}/purchases" if sees_orders else "")
    return MemberPage(
        base=base,
        name=name,
        status=_status(person, purse, f),
        inside=purse.is_member,
        about=_about(person, name, program, f),
        ids=person.ids if name not in {f.words.gettext("Customer %(id)s", id=key) for key in person.ids[:1]} else [],
        periods=_periods(person, program, f),
        origin=(program.data_origin or {}).get(f.language, ""),
        notice=_notice(seen, asked.done, f),
        strip=make_strip(purse, f, zone),
        lots=make_lots(purse, f, zone),
        lots_left_out=lots_left_out(purse, f),
        lots_sum=_sum(purse, f),
        lots_csv=f"{base}/lots.csv",
        holds=make_holds(base, purse, f, program.timezone),
        timeline=make_timeline(base, seen.timeline, asked.after, opened, teller, others),
        why=make_why(seen.why, speaker_of_why(seen.why, tiers, program, f)) if seen.why else None,
        adjust=adjust if person.ids else None,
        available=f.number(purse.available),
        segments=seen.segments,
        tier=make_box(seen.tier, f) if seen.tier and purse.is_member else None,
        tier_said=_tier_said(asked.tier, f),
        hold_said=_hold_said(asked.hold, f),
        hold_let_go=asked.hold == "released",
        holds_tiers=holds_tiers and bool(person.ids),
        gives_out=gives_out and bool(person.ids),
        erases=erases,
        makes_links=makes_links and purse.is_member,
        link=link.address if link else "",
        link_said=_link_said(link, program, f) if link else "",
    )


def _link_said(link: StaffLink, program: ProgramFacts, f: Format) -> str:
    """Say what somebody does with a link to a member's own page, before it is gone from here."""
    day = f.date(link.expires_at.astimezone(program.zone).date())
    return f.words.gettext(
        "Send it to the member and to nobody else: whoever has it sees the page, until %(day)s. It is shown here once.",
        day=day,
    )


def _hold_said(code: str, f: Format) -> str:
    """Say what came of letting held points go."""
    return {
        "": "",
        "released": f.words.gettext("Let go: the points are back in their lots."),
    }.get(code, f.words.gettext("Nothing is held there any more: it was redeemed, or its time ran out."))


def _tier_said(code: str, f: Format) -> str:
    """Say what came of holding somebody at a tier."""
    words = f.words
    if not code:
        return ""
    said = {"held": words.gettext("Held at this tier."), "released": words.gettext("Held no more.")}
    return said.get(code) or words.gettext("Nothing was changed. Choose a tier, a day that is not over, and say why.")


def _status(person: PersonFacts, purse: Purse, f: Format) -> str:
    words = f.words
    if person.erased_at is not None:
        return words.gettext("Erased")
    if purse.is_member:
        return words.gettext("Member")
    return words.gettext("Former member") if person.memberships else words.gettext("Not a member")


def _about(person: PersonFacts, name: str, program: ProgramFacts, f: Format) -> list[str]:
    """Say what is known besides the name; since when, of those whose memberships do not tell it."""
    known = f.date(person.recorded_at.astimezone(program.zone).date())
    said = [
        person.email if person.email != name else None,
        None if person.memberships else f.words.gettext("known since %(day)s", day=known),
        _erased(person, program, f),
    ]
    return [text for text in said if text]


def _erased(person: PersonFacts, program: ProgramFacts, f: Format) -> str:
    if person.erased_at is None:
        return ""
    return f.words.gettext("erased on %(day)s", day=f.date(person.erased_at.astimezone(program.zone).date()))


def _periods(person: PersonFacts, program: ProgramFacts, f: Format) -> list[str]:
    """Write the memberships, newest first."""
    words, zone = f.words, program.zone
    said = []
    for membership in person.memberships:
        joined = membership.joined_at.astimezone(zone).date()
        if membership.left_at is None:
            said.append(words.gettext("since %(day)s", day=f.date(joined)))
        else:
            said.append(f.dates(joined, membership.left_at.astimezone(zone).date()))
    return said


def _sum(purse: Purse, f: Format) -> str:
    """Add up what the lots hold."""
    words = f.words
    if not purse.pending:
        return words.gettext("%(n)s available", n=f.number(purse.available))
    return words.gettext(
        "%(available)s available + %(pending)s pending = %(all)s",
        available=f.number(purse.available),
        pending=f.number(purse.pending),
        all=f.number(purse.available + purse.pending),
    )


def _notice(seen: Seen, done: str, f: Format) -> str:
    """Confirm an adjustment that the timeline shows, with the balance before and after it.

    An address can claim nothing that is not there.
    """
    row = next((r for r in seen.timeline.rows if r.award_id == _id(done) and r.cause == "adjusted"), None)
    if row is None:
        return ""
    n = row.facts.get("points", 0)
    points = points_said(abs(n), f)
    said = f.words.gettext("%(points)s added.", points=points)
    if n < 0:
        said = f.words.gettext("%(points)s removed.", points=points)
    return f"{said} {available_said(*row.available, f)}" if row.available else said


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
