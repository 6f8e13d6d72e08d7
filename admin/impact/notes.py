"""The small print that makes the figures reconcile, and what they rest on."""

from dataclasses import dataclass

from admin.format import MINUS
from admin.period_names import PeriodNames
from kpi.answers import Answer, Counted, Overview


@dataclass(frozen=True)
class Freshness:
    """What the figures rest on: how much is known, how much was counted. `left_out` is empty when nothing was."""

    as_of: str
    place: str
    counted: str
    left_out: str


def make_notes(overview: Overview, names: PeriodNames) -> list[str]:
    """Add the buyers of both sides up to all buyers, and say where the purchases of nobody we know are."""
    f, words = names.f, names.f.words
    figures = overview.answers["orders_per_active"].figures
    member, non_member, everyone = (f.number(figures.segments[side].den) for side in ("member", "non_member", "all"))
    joiners, overlap = figures.counts["joiners"], figures.counts["overlap"]
    notes = []
    if joiners:
        n, within = f.number(joiners), names.within(names.chosen)
        notes.append(
            words.ngettext(
                "%(n)s person joined %(within)s.", "%(n)s people joined %(within)s.", joiners, n=n, within=within
            )
        )
    if overlap:
        n = f.number(overlap)
        notes.append(
            words.ngettext(
                "%(n)s customer bought on both sides of joining: %(sum)s buyers.",
                "%(n)s customers bought on both sides of joining: %(sum)s buyers.",
                overlap,
                n=n,
                sum=f"{member} + {non_member} {MINUS} {n} = {everyone}",
            )
        )
    elif figures.segments["all"].den:
        notes.append(words.gettext("%(sum)s buyers.", sum=f"{member} + {non_member} = {everyone}"))
    notes.append(words.gettext("Every purchase counts by the status at its own moment."))
    return [*notes, _anonymous(overview, names)]


def _anonymous(overview: Overview, names: PeriodNames) -> str:
    f, anonymous = names.f, overview.counted.anonymous
    if not anonymous:
        return f.words.gettext("No anonymous purchases.")
    share = f.percent(anonymous / overview.counted.purchases)
    return f.words.ngettext(
        "%(n)s anonymous purchase (%(share)s) counts among non-members in the basket, and in no other tile.",
        "%(n)s anonymous purchases (%(share)s) count among non-members in the basket, and in no other tile.",
        anonymous,
        n=f.number(anonymous),
        share=share,
    )


def retention_note(overview: Overview, names: PeriodNames) -> str:
    """Say what became of those who joined during the period."""
    joiners, words = overview.answers["retention_rate"].figures.counts["joiners"], names.f.words
    if not joiners:
        return words.gettext("Status at the start of the period.")
    return words.ngettext(
        "Status at the start; the %(n)s person who joined %(within)s stays a non-member.",
        "Status at the start; the %(n)s people who joined %(within)s stay non-members.",
        joiners,
        n=names.f.number(joiners),
        within=names.within(names.chosen),
    )


def make_freshness(answer: Answer, purchases: Counted, names: PeriodNames) -> Freshness:
    """Say up to when data are known, and how many purchases the page counts and leaves out."""
    f, timezone = names.f, answer.figures.period.timezone
    counted, left_out = purchases.purchases, purchases.left_out
    return Freshness(
        as_of=f.instant(answer.data_as_of, timezone),
        place=f.place(timezone),
        counted=f.words.ngettext(
            "%(n)s purchase counted %(within)s",
            "%(n)s purchases counted %(within)s",
            counted,
            n=f.number(counted),
            within=names.within(names.chosen),
        ),
        left_out=f.words.ngettext(
            "%(n)s left out: nothing of it was kept",
            "%(n)s left out: zero amount, refunded in full or cancelled",
            left_out,
            n=f.number(left_out),
        )
        if left_out
        else "",
    )
