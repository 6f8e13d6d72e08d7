"""Conversion of loyal customers: which members bought at all."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import fixed_at_start


@MEASURES.register("loyal_conversion")
class LoyalConversion(Measure):
    """Buyers in M(s) / #M(s), held against buyers in H(s)∖M(s) / #(H(s)∖M(s)); `all` is both sets together.

    Deviates from the odds (buyers against non-buyers) in which one source states it.
    """

    title = Text(en="Loyal-customer conversion", fr="Conversion des clients fidèles")
    definition = Text(
        en="Of the members at the start of the period, the share that bought in it, members who never bought included."
        " Held against the non-members who had bought before the period began.",
        fr="Parmi les membres au début de la période, la part qui a acheté pendant celle-ci, y compris les membres qui"
        " n’ont jamais acheté. Comparée aux non-membres qui avaient déjà acheté avant le début de la période.",
    )
    formula = Text(
        en="members at the start who bought in the period / members at the start",
        fr="membres au début ayant acheté pendant la période / membres au début",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_start"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask the members, and everybody else who had bought before, whether they bought."""
        return fixed_at_start(facts.member_at_start | facts.known, facts.bought, facts.member_at_start)
