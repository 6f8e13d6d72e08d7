"""How long new members take to use their points."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Ratio, Text
from kpi.parts.points import FirstRedemptions
from kpi.pictures import Picture
from kpi.survival import curve, kaplan_meier

_DAY = 86_400_000_000
# So far the curve is drawn.
_LONGEST_DAYS = 365


@MEASURES.register("time_to_first_redemption")
class TimeToFirstRedemption(Measure):
    """Kaplan-Meier median from a first joining in [s, e) to the first capture, watched up to K.

    `num` redeemed, of `den` newcomers; the value is days, not their quotient. Leaving, and the end of what is known,
    censor. Null until half of them (as estimated) have redeemed.
    """

    title = Text(en="Time to first redemption", fr="Délai avant la première utilisation")
    definition = Text(
        en="After how many days half of those who first joined in the period have spent points for the first time. Who"
        " has not yet, or has left before, counts for as long as they could be watched; until half have done it, there"
        " is no figure.",
        fr="Au bout de combien de jours la moitié des personnes ayant adhéré pour la première fois pendant la période"
        " ont utilisé des points pour la première fois. Qui ne l’a pas encore fait, ou est parti avant, compte aussi"
        " longtemps que l’observation a duré ; tant que la moitié ne l’a pas fait, il n’y a pas de chiffre.",
    )
    formula = Text(
        en="median days from joining to the first redemption (Kaplan-Meier)",
        fr="médiane des jours entre l’adhésion et la première utilisation (Kaplan-Meier)",
    )
    unit = "days"
    additivity = "none"
    less_is_better = True
    inputs = ("members", "points")
    split = "none"
    needs = frozenset({"first_redemptions"})
    is_median = True

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Estimate the median."""
        seen: FirstRedemptions = facts.parts["first_redemptions"]
        found = kaplan_meier(seen.watched, seen.redeemed)
        median = None if found.median is None else found.median / _DAY
        interval = None if found.ci95 is None else (found.ci95[0] / _DAY, found.ci95[1] / _DAY)
        return Outcome(
            {"all": Ratio(found.events, found.n, median, interval)},
            counts={"newcomers": found.n, "redeemed": found.events, "censored": found.censored},
        )

    def picture(self, facts: PeriodFacts) -> Picture:
        """Show what share has redeemed after so many days."""
        seen: FirstRedemptions = facts.parts["first_redemptions"]
        return Picture(curves={"all": curve(seen.watched, seen.redeemed, _DAY, _LONGEST_DAYS)})
