"""The page of referrals in words: figures, the queue with what each decision will do, the list, and the terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from admin.choice import Choice
from admin.csv_file import Cell
from admin.format import Format
from admin.impact.sources import said
from admin.members.addresses import with_query
from admin.members.listing import name_of
from admin.period_names import PeriodNames
from admin.picker import address
from admin.referrals.words import notice_said, promised, reason_said, state_said, terms_said
from admin.units import unit_named
from kpi.answers import Answer, Overview
from kpi.measure import measure_named
from loyalty.programs.facts import ProgramFacts
from loyalty.referrals.rules import STATES
from loyalty.referrals.staff import Person, ReferralSeen, ReferralsSeen

KEYS = (
    "referral_participation",
    "referral_conversion",
    "referred_share",
    "referred_revenue",
    "referred_second_purchase",
    "referral_refused_share",
)


@dataclass(frozen=True)
class Tile:
    """A figure of the period. `below`: of how many it is, or why there is none."""

    key: str
    address: str
    title: str
    value: str
    below: str


@dataclass(frozen=True)
class Row:
    """A referral."""

    address: str
    friend: str
    friend_address: str
    referrer: str
    referrer_address: str
    claimed: str
    state: str
    reason: str
    points: str


@dataclass(frozen=True)
class Waiting:
    """A suspicious one: why it waits, and what releasing or refusing it will do."""

    row: Row
    why: str
    release: str
    refuse: str


@dataclass(frozen=True)
class ReferralsPage:
    """The page. `states` are (address, name with number, chosen)."""

    tiles: Sequence[Tile]
    period: str
    waiting: Sequence[Waiting]
    more_waiting: str
    states: Sequence[tuple[str, str, bool]]
    rows: Sequence[Row]
    first: str
    following: str
    csv: str
    said: Sequence[str]
    is_on: bool
    version: str
    edit: str
    notice: str
    done: bool


def make_tiles(program: ProgramFacts, choice: Choice, overview: Overview, f: Format) -> tuple[list[Tile], str]:
    """Put the figures of a period into words."""
    names, folder = PeriodNames(f, choice.period), f"/admin/p/{program.program_id}/kpis"
    return [_tile(overview.answers[key], folder, choice, f) for key in KEYS], names.full(choice.period)


def _tile(answer: Answer, folder: str, choice: Choice, f: Format) -> Tile:
    figure, words = answer.figures.segments["all"], f.words
    below = ""
    if answer.figures.reason:
        below = said(answer.figures.reason.text, f)
    elif figure.den:
        below = words.gettext("%(num)s of %(den)s", num=f.number(figure.num), den=f.number(figure.den))
    return Tile(
        key=answer.key,
        address=address(f"{folder}/{answer.key}", choice.period, choice.against),
        title=said(measure_named(answer.key).title, f),
        value=unit_named(answer.unit).brief(f, figure.value),
        below=below,
    )


def make_page(
    program: ProgramFacts,
    seen: ReferralsSeen,
    told: tuple[Sequence[Tile], str],
    asked: tuple[str | None, UUID | None],
    rewards: Mapping[UUID, str],
    f: Format,
    *,
    changes: bool,
    did: str = "",
) -> ReferralsPage:
    """Put everything into words; `asked`: the state and the place that the address names, `did`: what was just done."""
    state, after = asked
    base, words = f"/admin/p/{program.program_id}", f.words
    page, terms = f"{base}/referrals", seen.terms.terms
    here = {"state": state or ""}
    waiting = seen.counts.get("in_review", 0)
    everything = sum(seen.counts.values())
    states = [(page, words.gettext("All (%(n)s)", n=f.number(everything)), state is None)]
    states += [
        (with_query(page, {"state": one}), f"{state_said(one, f)} ({f.number(seen.counts[one])})", one == state)
        for one in STATES
        if seen.counts.get(one)
    ]
    return ReferralsPage(
        tiles=told[0],
        period=told[1],
        waiting=[_waiting(program, one, rewards, f) for one in seen.waiting],
        more_waiting=f.number(waiting - len(seen.waiting)) if waiting > len(seen.waiting) else "",
        states=states,
        rows=[make_row(program, one, f) for one in seen.listed],
        first=with_query(page, here) if after else "",
        following=with_query(page, {**here, "after": str(seen.listed[-1].referral_id)}) if seen.more else "",
        csv=with_query(f"{page}.csv", {**here, "after": str(after or "")}),
        said=terms_said(terms, rewards, f),
        is_on=terms.on,
        version=words.gettext("version %(n)s", n=f.number(seen.terms.version)) if seen.terms.version else "",
        edit=f"{base}/new-referral-terms" if changes else "",
        notice=notice_said(did, f),
        done=did in {"released", "refused"},
    )


def referrals_table(program: ProgramFacts, seen: ReferralsSeen, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the referrals of a page as a table."""
    words = f.words
    header = [
        words.gettext("Friend"),
        words.gettext("Came by"),
        words.gettext("Date"),
        words.gettext("Status"),
        words.gettext("Reason"),
        words.gettext("Points"),
    ]
    rows = [make_row(program, one, f) for one in seen.listed]
    return header, [[row.friend, row.referrer, row.claimed, row.state, row.reason, row.points] for row in rows]


def make_row(program: ProgramFacts, one: ReferralSeen, f: Format) -> Row:
    """Put a referral into words."""
    base = f"/admin/p/{program.program_id}"
    given = [n for n in (one.referrer_points, one.friend_points) if n]
    return Row(
        address=f"{base}/referrals/{one.referral_id}",
        friend=_called(one.friend, f),
        friend_address=f"{base}/members/{one.friend.customer_id}" if one.friend else "",
        referrer=_called(one.referrer, f),
        referrer_address=f"{base}/members/{one.referrer.customer_id}" if one.referrer else "",
        claimed=f.date(one.claimed_at.astimezone(program.zone).date()),
        state=state_said(one.state, f),
        reason=reason_said(one.reason, f) if one.reason else "",
        points=" + ".join(f.number(n) for n in given),
    )


def _called(person: Person | None, f: Format) -> str:
    if person is None:
        return "–"
    return name_of(person.name, person.email, [person.shop_id] if person.shop_id else [], f)


def _waiting(program: ProgramFacts, one: ReferralSeen, rewards: Mapping[UUID, str], f: Format) -> Waiting:
    words, row = f.words, make_row(program, one, f)
    shared = one.shared or []
    why = words.gettext("Another friend has the same address or means of payment.")
    if shared == ["address"]:
        why = words.gettext("Another friend’s orders went to the same address.")
    elif shared == ["payment"]:
        why = words.gettext("Another friend paid with the same means.")
    gets = words.gettext(
        "%(referrer)s gets %(one)s, %(friend)s %(other)s, for good %(days)s days after the purchase.",
        referrer=row.referrer,
        friend=row.friend,
        one=promised(one.terms, "referrer", rewards, f),
        other=promised(one.terms, "friend", rewards, f),
        days=f.number(one.terms.return_days),
    )
    return Waiting(row, why, gets, words.gettext("Nobody gets anything. This cannot be undone."))
