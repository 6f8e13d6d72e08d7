"""How small an effect a holdout would prove, by what the last estimate saw of the shop's past."""

from admin.format import Format
from kpi.impact.holdout import ALL_BASIS_POINTS
from kpi.impact.horizon import findable
from kpi.impact.staff import Effects

_HALF_A_YEAR, _SHARES = 26, (1000, 5000)


def make_provable(seen: Effects, f: Format) -> tuple[list[tuple[str, str]], str]:
    """Say it in half a year, or as long as the past can tell: (share held out, effect) each, and what that is.

    Nothing where a holdout is running or told already.
    """
    words = f.words
    if seen.measurement is not None and seen.measurement.state != "stopped":
        return [], ""
    pasts = seen.estimate.result.pasts if seen.estimate and seen.estimate.result else ()
    past = max((one for one in pasts if one.weeks <= _HALF_A_YEAR), key=lambda one: one.weeks, default=None)
    if past is None:
        return [], ""
    least = [(share, findable(past, share).best) for share in _SHARES]
    told = [
        (words.gettext("%(share)s held out", share=f.percent(share / ALL_BASIS_POINTS, 0)), f"≥ {f.percent(best)}")
        for share, best in least
        if best is not None
    ]
    about = words.ngettext(
        "Keep the programme from a share of your customers, by lot, for %(n)s week: with %(customers)s customers, this"
        " is the smallest effect on what they spend that you could prove.",
        "Keep the programme from a share of your customers, by lot, for %(n)s weeks: with %(customers)s customers, this"
        " is the smallest effect on what they spend that you could prove.",
        past.weeks,
        n=f.number(past.weeks),
        customers=f.number(past.customers),
    )
    return told, about
