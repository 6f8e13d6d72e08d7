"""The page of tiers in words: what counts, each tier with its members, and what somebody's standing is said to be."""

from collections.abc import Sequence
from dataclasses import dataclass

from babel.lists import format_list

from admin.csv_file import Cell
from admin.format import Format
from loyalty.programs.facts import ProgramFacts
from loyalty.tiers.scheme import Calendar, Rolling, Scheme, Tier
from loyalty.tiers.staff import PersonTier, Published, TiersSeen

# How full a bar is at most.
_WHOLE = 100


@dataclass(frozen=True)
class TierRow:
    """One tier, and how many members hold it."""

    key: str
    name: str
    begins: str
    factor: str
    benefits: Sequence[str]
    members: str


@dataclass(frozen=True)
class TiersPage:
    """The page. `without`: how many members are below the lowest tier."""

    rows: Sequence[TierRow]
    said: Sequence[str]
    without: str
    version: str
    migration: str
    edit: str


@dataclass(frozen=True)
class TierBox:
    """Where a member stands. `done` is the length of the bar, in percent; `floor` what staff said."""

    name: str
    lines: Sequence[str]
    done: str
    floor: str
    reason: str
    choices: Sequence[tuple[str, str]]


def name_of(tier: Tier, f: Format) -> str:
    """Name a tier in the reader's language, or in another one."""
    return tier.name.get("fr" if f.language == "fr" else "en") or next(iter(tier.name.values()), tier.key)


def names_of(found: PersonTier | None, f: Format) -> dict[str, str]:
    """Name the tiers that there are by their keys."""
    return {tier.key: name_of(tier, f) for tier in found.scheme.tiers} if found else {}


def amount(scheme: Scheme, minor: int, f: Format) -> str:
    """Write what counts, whichever it is."""
    if scheme.counts == "money_spent":
        return f.money(minor)
    return f.words.ngettext("%(n)s point", "%(n)s points", minor, n=f.number(minor))


def make_page(program: ProgramFacts, seen: TiersSeen, f: Format, *, changes: bool) -> TiersPage:
    """Put the tiers into words."""
    base = f"/admin/p/{program.program_id}"
    stored, words = seen.scheme, f.words
    scheme = stored.scheme if stored else None
    tiers = scheme.tiers if scheme else []
    known = {tier.key for tier in tiers}
    rows = [
        TierRow(
            key=tier.key,
            name=name_of(tier, f),
            begins=amount(scheme, tier.threshold, f) if scheme else "",
            factor=""
            if tier.times == 1
            else f"× {tier.factor.replace('.', ',') if f.language == 'fr' else tier.factor}",
            benefits=tier.benefits.get("fr" if f.language == "fr" else "en", []),
            members=f.number(seen.members.get(tier.key, 0)),
        )
        for tier in reversed(tiers)
    ]
    without = sum(members for key, members in seen.members.items() if key not in known)
    return TiersPage(
        rows=rows,
        said=said_of(scheme, f) if scheme else [],
        without=f.number(without),
        version=words.gettext("version %(n)s", n=f.number(stored.version)) if stored else "",
        migration=f"{base}/kpis/tier_migration",
        edit=f"{base}/new-tiers" if changes else "",
    )


def tiers_table(shown: TiersPage, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the same as a table."""
    words = f.words
    header = [
        words.gettext("Tier"),
        words.gettext("Key"),
        words.gettext("Reached from"),
        words.gettext("Points"),
        words.gettext("Benefits"),
        words.gettext("Members now"),
    ]
    rows: list[list[Cell]] = [
        [row.name, row.key, row.begins, row.factor, ", ".join(row.benefits), row.members] for row in shown.rows
    ]
    return header, [*rows, [words.gettext("None yet"), "", "", "", "", shown.without]]


def said_of(scheme: Scheme, f: Format) -> list[str]:
    """Say what counts, within which window, and when a tier is lost."""
    words = f.words
    what = (
        words.gettext("Money spent counts") if scheme.counts == "money_spent" else words.gettext("Points earned count")
    )
    match scheme.window:
        case Rolling(months):
            within = words.ngettext(
                "within the last %(n)s month", "within the last %(n)s months", months, n=f.number(months)
            )
        case Calendar():
            within = words.gettext("of this calendar year, or of the year before if that is better")
        case _:
            within = words.gettext("of all time")
    grace = words.gettext("A tier is reached at once, and lost only when a period ends below it.")
    if scheme.grace_days:
        grace = words.ngettext(
            "A tier is reached at once, and lost only %(n)s day after a period that ended below it.",
            "A tier is reached at once, and lost only %(n)s days after a period that ended below it.",
            scheme.grace_days,
            n=f.number(scheme.grace_days),
        )
    return [f"{what} {within}.", grace]


def refusal_of(done: Published, seen: TiersSeen, f: Format) -> str:
    """Say why nothing was published: what still names a tier that is left out."""
    words = f.words
    if not done.users:
        return words.gettext("Nothing was published. Open the form again, and look at the tiers as they are now.")
    tiers = seen.scheme.scheme.tiers if seen.scheme else []
    name = next((name_of(tier, f) for tier in tiers if tier.key == done.tier), done.tier)
    users = format_list([words.gettext(said, name=user) for said, user in done.users], locale=f.locale)
    return words.gettext(
        "Nothing was published: %(tier)s is still named by %(users)s. Change that first, or keep the tier.",
        users=users,
        tier=name,
    )


def make_box(found: PersonTier, f: Format) -> TierBox:
    """Put somebody's standing into words."""
    words, scheme, at = f.words, found.scheme, found.progress
    named = names_of(found, f)
    lines = []
    if at.next_tier is not None and at.missing is not None:
        missing, name = amount(scheme, at.missing, f), named[at.next_tier]
        lines.append(
            words.gettext("%(missing)s to %(tier)s by %(day)s", missing=missing, tier=name, day=f.date(at.by))
            if at.by
            else words.gettext("%(missing)s to %(tier)s", missing=missing, tier=name)
        )
    if at.tier is not None and at.kept_until is not None:
        day = f.date(at.kept_until)
        lines.append(
            words.gettext("In grace: kept until %(day)s", day=day)
            if at.in_grace
            else words.gettext("Kept until %(day)s", day=day)
        )
    lines.append(words.gettext("%(amount)s count now", amount=amount(scheme, at.total, f)))
    floor = found.floor
    held = ""
    if floor is not None:
        name = named.get(floor.tier, floor.tier)
        held = (
            words.gettext("Held at %(tier)s at least until %(day)s", tier=name, day=f.date(floor.until))
            if floor.until
            else words.gettext("Held at %(tier)s at least", tier=name)
        )
    return TierBox(
        name=named[at.tier] if at.tier else words.gettext("No tier yet"),
        lines=lines,
        done=_done(found),
        floor=held,
        reason=floor.reason if floor else "",
        choices=[(tier.key, name_of(tier, f)) for tier in scheme.tiers],
    )


def _done(found: PersonTier) -> str:
    """Give how much of the way to the next tier is gone, in percent; "" at the highest."""
    at = found.progress
    if at.next_tier is None or at.missing is None:
        return ""
    threshold = found.scheme.threshold(found.scheme.rank(at.next_tier))
    return f"{max(0, threshold - at.missing) * _WHOLE // threshold}"
