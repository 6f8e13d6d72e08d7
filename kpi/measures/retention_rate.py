"""Customer retention: who bought before, and came back."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import fixed_at_start


@MEASURES.register("retention_rate")
class RetentionRate(Measure):
    """#(S ∩ E) / #S: S bought in the period before, E in this one. Equals (E − N)/S exactly when N = E∖S."""

    title = Text(en="Customer retention rate", fr="Taux de rétention client")
    definition = Text(
        en="Of the customers who bought in the previous period, the share that bought again in this one. A customer"
        " counts as a member if they were one when this period began; who joins during it stays a non-member.",
        fr="Parmi les clients qui ont acheté pendant la période précédente, la part qui a de nouveau acheté pendant"
        " celle-ci. Un client compte comme membre s’il l’était au début de la période ; qui adhère pendant la période"
        " reste non-membre.",
    )
    formula = Text(
        en="customers who bought in both periods / customers who bought in the previous period",
        fr="clients ayant acheté pendant les deux périodes / clients ayant acheté pendant la période précédente",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_start"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask the buyers of the previous period whether they bought."""
        return fixed_at_start(facts.bought_before, facts.bought, facts.member_at_start)
