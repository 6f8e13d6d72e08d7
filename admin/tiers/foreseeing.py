"""What other tiers would change, in words: the tiers as they are and as written, and how many members would move."""

from admin.compared import Compared
from admin.format import Format
from admin.tiers.listing import amount, name_of, said_of
from loyalty.tiers.foreseeing import Moves, Uncounted
from loyalty.tiers.scheme import Scheme, Tier
from loyalty.tiers.staff import TiersSeen


def compare(seen: TiersSeen, scheme: Scheme, moves: Moves | Uncounted, f: Format) -> Compared:
    """Say the tiers as they are and as they would be, and how many members would move."""
    old = seen.scheme.scheme if seen.scheme else None
    note = _moves_said(moves, sum(seen.members.values()), f)
    return Compared(_lines(old, f) if old else [], _lines(scheme, f), note)


def _moves_said(moves: Moves | Uncounted, members: int, f: Format) -> str:
    words = f.words
    if moves == "unpublished":
        return words.gettext("Who reaches which tier is counted once the first ones are published.")
    if moves == "busy":
        return words.gettext("Who would move is being counted for somebody else. Look again in a moment.")
    if moves == "too_many":
        return words.gettext(
            "There are too many members to count here who would move. Once published, each is looked at anew."
        )
    if not members:
        return ""
    said = words.gettext(
        "At once %(up)s members would move up, %(down)s down, and %(same)s stay where they are.",
        up=f.number(moves.up),
        down=f.number(moves.down),
        same=f.number(members - moves.up - moves.down),
    )
    if not moves.kept:
        return said
    kept = words.ngettext(
        "Of those, %(n)s holds a tier that the sum does not reach, and may lose it when a period ends.",
        "Of those, %(n)s hold a tier that their sum does not reach, and may lose it when a period ends.",
        moves.kept,
        n=f.number(moves.kept),
    )
    return f"{said} {kept}"


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
