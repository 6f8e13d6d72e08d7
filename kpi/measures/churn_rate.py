"""Churn: who bought before, and did not come back."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import fixed_at_start


@MEASURES.register("churn_rate")
class ChurnRate(Measure):
    """1 - retention_rate = #(S ∖ E) / #S: S bought in the period before, E in this one.

    Deviates from customers at the end / customers at the start, as one source writes: that contains the new ones.
    """

    title = Text(en="Churn rate", fr="Taux d’attrition")
    definition = Text(
        en="Of the customers who bought in the previous period, the share that did not buy in this one. A customer"
        " counts as a member if they were one when this period began; who joins during it stays a non-member.",
        fr="Parmi les clients qui ont acheté pendant la période précédente, la part qui n’a pas acheté pendant"
        " celle-ci. Un client compte comme membre s’il l’était au début de la période ; qui adhère pendant la période"
        " reste non-membre.",
    )
    formula = Text(
        en="customers who bought in the previous period only / customers who bought in the previous period",
        fr="clients ayant acheté seulement pendant la période précédente / clients ayant acheté pendant la période"
        " précédente",
    )
    unit = "ratio"
    additivity = "none"
    less_is_better = True
    inputs = ("purchases", "members")
    split = "at_start"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask the buyers of the previous period whether they stayed away."""
        return fixed_at_start(facts.bought_before, facts.bought_before - facts.bought, facts.member_at_start)
