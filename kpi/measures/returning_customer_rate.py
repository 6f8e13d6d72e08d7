"""Returning customers: who bought, and not for the first time."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, People, Text
from kpi.splits import rate_at_order


@MEASURES.register("returning_customer_rate")
class ReturningCustomerRate(Measure):
    """{c ∈ B : a purchase in [s,e) with rank ≥ 2} / #B; rank counts over all purchases, whatever their status.

    Deviates from "who has already bought / all", as one source writes, which is 100 %, and from counting later
    purchases, with which history would move.
    """

    title = Text(en="Returning customer rate", fr="Taux de retour client")
    definition = Text(
        en="Of the customers who bought in the period, the share for whom a purchase in it was not the first of their"
        " lives; it includes new customers who came back within the period. A purchase is a member's if the customer"
        " was a member at that moment.",
        fr="Parmi les clients qui ont acheté pendant la période, la part pour qui un achat de la période n’était pas le"
        " tout premier, y compris les nouveaux clients revenus pendant la période. Un achat est celui d’un membre si le"
        " client l’était à cet instant. À ne pas confondre avec le retour de produits.",
    )
    formula = Text(
        en="customers with a purchase in the period that was not their first / customers who bought",
        fr="clients ayant fait pendant la période un achat qui n’était pas leur premier / clients ayant acheté",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_order"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask the buyers whether they had bought before, for all and for each status."""
        everybody, member, other = (
            People(side.buyers, side.again) for side in (facts.everybody, facts.member, facts.other)
        )
        return rate_at_order(everybody, member, other)
