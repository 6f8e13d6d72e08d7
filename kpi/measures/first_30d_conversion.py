"""Conversion of new members: who bought within 30 days of joining."""

from dataclasses import replace

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Reason, Text
from kpi.parts.first_days import FirstDays
from kpi.splits import rate_of_members, without

IMMATURE = Reason(
    "immature",
    Text(
        en="Whoever joined in this period did so less than 30 days ago. The figure comes when their 30 days are over.",
        fr="Celles et ceux qui ont adhéré pendant cette période l’ont fait il y a moins de 30 jours. Le chiffre viendra"
        " quand leurs 30 jours seront écoulés.",
    ),
)


@MEASURES.register("first_30d_conversion")
class FirstDaysConversion(Measure):
    """{c joined in [s,e) : a purchase within 30 days of joining} / {c joined in [s,e)}.

    The instant of joining belongs to the 30 days, and so does that of their end. `immature` joined less than 30 days
    ago: they are in neither number.
    """

    title = Text(en="First-30-day conversion", fr="Conversion à 30 jours des nouveaux membres")
    definition = Text(
        en="Of those who joined in the period, the share that bought within 30 days of joining, the purchase at which"
        " they joined included. Who joined less than 30 days ago is left out.",
        fr="Parmi celles et ceux qui ont adhéré pendant la période, la part qui a acheté dans les 30 jours suivant"
        " l’adhésion, y compris l’achat de l’adhésion elle-même. Les adhésions de moins de 30 jours sont écartées.",
    )
    formula = Text(
        en="new members who bought within 30 days of joining / new members",
        fr="nouveaux membres ayant acheté dans les 30 jours suivant l’adhésion / nouveaux membres",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "none"
    needs = frozenset({"first_days"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask those whose 30 days are over whether they bought in them."""
        days: FirstDays = facts.parts["first_days"]
        told = rate_of_members(days.joined, days.bought)
        if days.immature and not days.joined:
            told = without(IMMATURE)
        return replace(told, counts={"immature": len(days.immature)})
