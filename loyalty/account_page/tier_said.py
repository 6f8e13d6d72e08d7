"""A member's tier in words, and how far the next one is."""

from collections.abc import Sequence
from dataclasses import dataclass

from loyalty.format import Format
from loyalty.tiers.scheme import Scheme, Tier
from loyalty.tiers.staff import PersonTier

_WHOLE = 100


@dataclass(frozen=True)
class TierSaid:
    """Where a member stands. `done`: the way to the next tier in percent; "" at the highest."""

    name: str
    done: str
    following: str
    lines: Sequence[str]
    benefits: Sequence[str]


def tier_name(tier: Tier, f: Format) -> str:
    """Name a tier in the reader's language, or in another one."""
    return tier.name.get("fr" if f.language == "fr" else "en") or next(iter(tier.name.values()), tier.key)


def tier_names(found: PersonTier | None, f: Format) -> dict[str, str]:
    """Name every tier of the programme, lowest first."""
    return {tier.key: tier_name(tier, f) for tier in found.scheme.tiers} if found else {}


def make_tier(found: PersonTier, f: Format) -> TierSaid:
    """Put a member's tier into words."""
    words, scheme, at = f.words, found.scheme, found.progress
    held = next((tier for tier in scheme.tiers if tier.key == at.tier), None)
    following = next((tier for tier in scheme.tiers if tier.key == at.next_tier), None)
    lines = []
    if following is not None and at.missing is not None:
        missing, name = _amount(scheme, at.missing, f), tier_name(following, f)
        if at.by is None:
            lines.append(words.gettext("%(missing)s more for %(tier)s", missing=missing, tier=name))
        else:
            day = f.date(at.by)
            lines.append(
                words.gettext("%(missing)s more for %(tier)s, by %(day)s", missing=missing, tier=name, day=day)
            )
    if held is not None and at.kept_until is not None:
        name, day = tier_name(held, f), f.date(at.kept_until)
        lines.append(words.gettext("You keep %(tier)s until %(day)s at least", tier=name, day=day))
    return TierSaid(
        name=tier_name(held, f) if held else words.gettext("Not in a tier yet"),
        done=_done(found),
        following=tier_name(following, f) if following else "",
        lines=lines,
        benefits=held.benefits.get("fr" if f.language == "fr" else "en", []) if held else [],
    )


def _amount(scheme: Scheme, amount: int, f: Format) -> str:
    if scheme.counts == "money_spent":
        return f.money(amount)
    return f.words.ngettext("%(n)s point", "%(n)s points", amount, n=f.number(amount))


def _done(found: PersonTier) -> str:
    at = found.progress
    if at.next_tier is None or at.missing is None:
        return ""
    threshold = found.scheme.threshold(found.scheme.rank(at.next_tier))
    return f"{max(0, threshold - at.missing) * _WHOLE / threshold:.2f}%"
