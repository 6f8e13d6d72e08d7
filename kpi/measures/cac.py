"""What it costs to win a customer."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.reasons import NO_ACQUISITION_SPEND
from kpi.splits import quotient, without


@MEASURES.register("cac")
class CustomerAcquisitionCost(Measure):
    """Acquisition spend booked in [s, e) / #(B∖H(s)). No split: new customers are rarely members yet."""

    title = Text(en="Customer acquisition cost (CAC)", fr="Coût d’acquisition client (CAC)")
    definition = Text(
        en="What you spent on winning customers in the period, for each customer who bought for the first time in it.",
        fr="Ce que vous avez dépensé pour acquérir des clients pendant la période, par client y ayant acheté pour la"
        " première fois.",
    )
    formula = Text(en="acquisition spend / new customers", fr="dépenses d’acquisition / nouveaux clients")
    unit = "money"
    additivity = "none"
    less_is_better = True
    inputs = ("purchases", "spend")
    split = "none"
    needs = frozenset({"spend"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide the spend by the new customers."""
        spent = facts.parts["spend"].minor.get("acquisition")
        new = facts.bought.difference_cardinality(facts.known)
        if spent is None:
            return without(NO_ACQUISITION_SPEND, counts={"new_customers": new})
        return Outcome({"all": quotient(spent, new)}, counts={"new_customers": new, "spend_minor": spent})
