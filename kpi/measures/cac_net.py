"""What it costs to win a customer, once the first purchase is counted in."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.money import Covered
from kpi.reasons import NO_ACQUISITION_SPEND, TOO_FEW_COSTS
from kpi.splits import quotient, without

_ENOUGH_PERCENT = 80


@MEASURES.register("cac_net")
class NetAcquisitionCost(Measure):
    """(Acquisition spend - margin of the first purchases of B∖H(s)) / #(B∖H(s)); below 0 where these earn it back."""

    title = Text(en="Net acquisition cost", fr="Coût d’acquisition net")
    definition = Text(
        en="What you spent on winning customers in the period, less what their first purchases left after the cost of"
        " the goods, for each new customer. Negative if the first purchases earn back more than was spent.",
        fr="Ce que vous avez dépensé pour acquérir des clients pendant la période, moins ce que leurs premiers achats"
        " ont laissé après le coût des articles, par nouveau client. Négatif si les premiers achats rapportent plus"
        " que la dépense.",
    )
    formula = Text(
        en="(acquisition spend − margin of first purchases) / new customers",
        fr="(dépenses d’acquisition − marge des premiers achats) / nouveaux clients",
    )
    unit = "money"
    additivity = "none"
    less_is_better = True
    inputs = ("purchases", "spend", "costs")
    split = "none"
    needs = frozenset({"spend", "first_margins"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Take the margin off the spend."""
        spent = facts.parts["spend"].minor.get("acquisition")
        first: Covered = facts.parts["first_margins"]
        new = facts.bought.difference_cardinality(facts.known)
        counts = {"new_customers": new, "net_minor": first.net, "uncovered_minor": first.net - first.covered}
        if spent is None:
            return without(NO_ACQUISITION_SPEND, counts=counts)
        counts |= {"spend_minor": spent, "margin_minor": first.net - first.cost}
        if new and 100 * first.covered < _ENOUGH_PERCENT * first.net:
            return without(TOO_FEW_COSTS, counts=counts)
        return Outcome({"all": quotient(spent - (first.net - first.cost), new)}, counts=counts)
