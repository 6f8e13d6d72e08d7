"""The catalogue, and one reward with who asked for it, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from admin.csv_file import Cell
from admin.format import Format
from admin.members.addresses import with_query
from admin.members.listing import name_of
from admin.rewards.drafts import Draft, draft_of
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.arrived import RedemptionSeen
from loyalty.rewards.staff import RewardSeen, Taker, Takers

_NOTHING = "–"
_OR_MORE = "+"


@dataclass(frozen=True)
class Row:
    """A reward on the list. `left` is a dash where there is no end of it; `over`: none is left."""

    address: str
    name: str
    kind: str
    price: str
    left: str
    over: bool
    out: str
    last: str
    active: bool


@dataclass(frozen=True)
class Asker:
    """Somebody who asked for a reward, and what became of it."""

    address: str
    name: str
    caption: str
    at: str
    points: str
    state: str
    code: str


@dataclass(frozen=True)
class RewardPage:
    """A reward: its settings and terms as (label, value), and a page of those who asked for it."""

    row: Row
    folder: str
    reward_id: UUID
    description: str
    asks: Sequence[tuple[str, str]]
    codes_left: str
    askers: Sequence[Asker]
    counted: str
    first: str
    following: str


@dataclass(frozen=True)
class FormPage:
    """The form. `kinds`: the others there are, as (address, title, chosen), where it is a new reward."""

    action: str
    cancel: str
    draft: Draft
    edition: int
    kinds: Sequence[tuple[str, str, bool]]


def make_row(program: ProgramFacts, seen: RewardSeen, f: Format) -> Row:
    """Put a reward into words."""
    reward = seen.reward
    last = _NOTHING if seen.last_at is None else f.date(seen.last_at.astimezone(program.zone).date())
    price = f.number(reward.price_points)
    return Row(
        address=f"/admin/p/{program.program_id}/rewards/{reward.reward_id}",
        name=reward.name,
        kind=f.words.gettext(getattr(type(reward.loaded), "title", reward.kind)),
        price=f.words.gettext("from %(points)s", points=price) if reward.kind == "points_payment" else price,
        left=_NOTHING if seen.left is None else f.number(seen.left),
        over=seen.left == 0,
        out=f"{f.number(seen.out)}{_OR_MORE if seen.more else ''}",
        last=last,
        active=reward.active,
    )


def make_page(program: ProgramFacts, seen: Takers, after: UUID | None, f: Format) -> RewardPage:
    """Put a reward and a page of those who asked for it into words."""
    row = make_row(program, seen.seen, f)
    reward = seen.seen.reward
    return RewardPage(
        row=row,
        folder=f"/admin/p/{program.program_id}/rewards",
        reward_id=reward.reward_id,
        description=getattr(reward.terms.description, f.language) or reward.terms.description.en,
        asks=_asks(draft_of(reward, f, program)),
        codes_left="" if seen.seen.codes_left is None else f.number(seen.seen.codes_left),
        askers=[_asker(program, taker, f) for taker in seen.takers],
        counted=f.words.ngettext(
            "%(n)s redemption, newest first",
            "%(n)s redemptions, newest first",
            len(seen.takers),
            n=f.number(len(seen.takers)),
        ),
        first=row.address if after else "",
        following=with_query(row.address, {"after": str(seen.takers[-1].redemption_id)}) if seen.more else "",
    )


def _asks(draft: Draft) -> list[tuple[str, str]]:
    """Say settings and terms as the form does, but what stands elsewhere on the page."""
    told = []
    for form in (draft.settings, draft.offer):
        for one in form.inputs:
            named = dict(one.options)
            value = ", ".join(named.get(text, text) for text in one.chosen)
            elsewhere = one.name.endswith(("-name", "-price_points", "description_en", "description_fr", "position"))
            lone = one.name.endswith("limit_per") and value == named.get("ever")
            if value and not elsewhere and not lone:
                told.append((one.label, f"{value} {one.unit}".strip().replace("\n", ", ")))
    return told


def _asker(program: ProgramFacts, taker: Taker, f: Format) -> Asker:
    name = name_of(taker.name, taker.email, [taker.shop_id] if taker.shop_id else [], f)
    return Asker(
        address=f"/admin/p/{program.program_id}/members/{taker.customer_id}",
        name=name,
        caption=taker.email if taker.email and taker.email != name else "",
        at=f.date(taker.recorded_at.astimezone(program.zone).date()),
        points=f.number(taker.captured if taker.state == "captured" else taker.points),
        state=state_of(taker, f),
        code=taker.code or "",
    )


def state_of(taker: Taker | RedemptionSeen, f: Format) -> str:
    """Say what became of a redemption."""
    words = f.words
    if taker.state == "captured" and taker.returned >= taker.captured:
        return words.gettext("Taken back")
    return {
        "open": words.gettext("Reserved"),
        "captured": words.gettext("Handed over"),
        "released": words.gettext("Let go"),
        "timed_out": words.gettext("Ran out"),
    }[taker.state]


def rewards_table(program: ProgramFacts, seen: Sequence[RewardSeen], f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the catalogue as it is on the page."""
    words = f.words
    header = [
        words.gettext("Reward"),
        words.gettext("Kind"),
        words.gettext("Price in points"),
        words.gettext("Left"),
        words.gettext("Out"),
        words.gettext("Last redeemed"),
        words.gettext("Status"),
    ]
    rows: list[list[Cell]] = []
    for one in seen:
        row = make_row(program, one, f)
        status = words.gettext("Offered") if row.active else words.gettext("Retired")
        last = None if one.last_at is None else one.last_at.astimezone(program.zone).date().isoformat()
        rows.append(
            [
                row.name,
                row.kind,
                one.reward.price_points,
                one.left,
                f"{one.out}{_OR_MORE}" if one.more else one.out,
                last,
                status,
            ]
        )
    return header, rows


def takers_table(program: ProgramFacts, takers: Sequence[Taker], f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give those who asked for a reward as they are on the page."""
    words = f.words
    header = [
        words.gettext("Customer"),
        words.gettext("E-mail"),
        words.gettext("Shop’s id"),
        words.gettext("Date"),
        words.gettext("Points"),
        words.gettext("Status"),
        words.gettext("Code"),
    ]
    rows: list[list[Cell]] = [
        [
            taker.name,
            taker.email,
            taker.shop_id,
            taker.recorded_at.astimezone(program.zone).isoformat(timespec="seconds"),
            taker.captured if taker.state == "captured" else taker.points,
            state_of(taker, f),
            taker.code,
        ]
        for taker in takers
    ]
    return header, rows
