"""Active customers: who bought."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import counted_customers


@MEASURES.register("active_customers")
class ActiveCustomers(Measure):
    """#B. Who bought on both sides of their joining is in `overlap`: all = member + non_member - overlap."""

    title = Text(en="Active customers", fr="Clients actifs")
    definition = Text(
        en="Customers who bought in the period, each counted once. Who joined between two purchases of the period"
        " counts on both sides; anonymous purchases are nobody's.",
        fr="Clients qui ont acheté pendant la période, chacun compté une fois. Qui a adhéré entre deux achats de la"
        " période compte des deux côtés ; les achats anonymes ne sont ceux de personne.",
    )
    formula = Text(en="customers who bought in the period", fr="clients ayant acheté pendant la période")
    unit = "customers"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_order"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Count the buyers, for all and for each status."""
        return counted_customers(facts.bought, facts.member.buyers, facts.other.buyers)
