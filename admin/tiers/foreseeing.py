"""What other tiers would change, in words: the tiers as they are and as written, and how many members would move."""

from admin.compared import Compared
from admin.format import Format
from admin.tiers.listing import amount, name_of, said_of
from loyalty.tiers.foreseeing import Moves, Uncounted
from loyalty.tiers.scheme import Calendar, Scheme, Tier
from loyalty.tiers.staff import TiersSeen


def compare(seen: TiersSeen, scheme: Scheme, moves: Moves | Uncounted, f: Format) -> Compared:
    """Say the tiers as they are and as they would be, and how many members would move."""
    old = seen.scheme.scheme if seen.scheme else None
    lines = _lines(old, f) if old else []
    if not isinstance(moves, Moves):
        return Compared(lines, _lines(scheme, f), _uncounted_said(moves, f))
    members = sum(seen.members.values())
    return Compared(
        lines, _lines(scheme, f), _kept_said(moves, scheme, f), _figures(moves, members, f) if members else ()
    )


def _uncounted_said(why: Uncounted, f: Format) -> str:
    words = f.words
    match why:
        case "unpublished":
            return words.gettext("Who reaches which tier is counted once the first ones are published.")
        case "busy":
            return words.gettext("Who would move is being counted for somebody else. Look again in a moment.")
        case _:
            return words.gettext(
                "There are too many members to count here who would move. Once published, each is looked at anew."
            )


def _figures(moves: Moves, members: int, f: Format) -> list[tuple[str, str]]:
    """Label each number: a sentence of three would have to agree with each."""
    return [
        (f.words.gettext("Members moving up"), f.number(moves.up)),
        (f.words.gettext("Members moving down"), f.number(moves.down)),
        (f.words.gettext("Members staying"), f.number(members - moves.up - moves.down)),
    ]


def _kept_said(moves: Moves, scheme: Scheme, f: Format) -> str:
    if not moves.kept:
        return ""
    kept = f.words.ngettext(
        "Of those who stay, %(n)s holds a tier that the sum does not reach.",
        "Of those who stay, %(n)s hold a tier that their sum does not reach.",
        moves.kept,
        n=f.number(moves.kept),
    )
    return f"{kept} {_lost_said(scheme, f)}"


def _lost_said(scheme: Scheme, f: Format) -> str:
    """Say when who is below loses a tier: but in calendar years every day ends a period, so grace is all there is."""
    words, grace = f.words, scheme.grace_days
    match isinstance(scheme.window, Calendar), bool(grace):
        case True, False:
            return words.gettext("Such a tier is lost once a year has ended below it.")
        case True, True:
            return words.ngettext(
                "Such a tier is lost %(n)s day after a year that ended below it.",
                "Such a tier is lost %(n)s days after a year that ended below it.",
                grace,
                n=f.number(grace),
            )
        case False, False:
            return words.gettext("Such a tier is lost at midnight, unless the sum reaches it by then.")
        case _:
            return words.ngettext(
                "Such a tier is lost after %(n)s day of grace, unless the sum reaches it by then.",
                "Such a tier is lost after %(n)s days of grace, unless the sum reaches it by then.",
                grace,
                n=f.number(grace),
            )


def _lines(scheme: Scheme, f: Format) -> list[str]:
    lines = said_of(scheme, f)
    for tier in reversed(scheme.tiers):
        said = [f.words.gettext("from %(amount)s", amount=amount(scheme, tier.threshold, f)), *_factor(tier, f)]
        value = ", ".join([*said, *tier.benefits.get("fr" if f.language == "fr" else "en", [])])
        lines.append(f.words.gettext("%(label)s: %(value)s", label=name_of(tier, f), value=value))
    return lines


def _factor(tier: Tier, f: Format) -> list[str]:
    factor = tier.factor.replace(".", ",") if f.language == "fr" else tier.factor
    return [] if tier.times == 1 else [f.words.gettext("points × %(factor)s", factor=factor)]
