"""New customers: who bought for the first time."""

from dataclasses import replace

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.history import History
from kpi.splits import counted_customers


@MEASURES.register("new_customers")
class NewCustomers(Measure):
    """#(B ∖ H(s)): bought in the period, and never before.

    `overlap` counts the new customers who bought on both sides of their joining. `left_censored` is 1 where less than a
    year of purchases is known before the period: some who look new have bought before the data begins.
    """

    title = Text(en="New customers", fr="Nouveaux clients")
    definition = Text(
        en="Customers who bought in the period and never before. Who joined between two purchases of the period counts"
        " on both sides. In the first year of the data some customers look new only because their earlier purchases are"
        " not known.",
        fr="Clients qui ont acheté pendant la période et jamais auparavant. Qui a adhéré entre deux achats de la"
        " période compte des deux côtés. La première année des données, certains clients ne semblent nouveaux que"
        " parce que leurs achats antérieurs ne sont pas connus.",
    )
    formula = Text(
        en="customers who bought in the period and never before it",
        fr="clients ayant acheté pendant la période et jamais avant elle",
    )
    unit = "customers"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_order"
    needs = frozenset({"history"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Count the buyers without a purchase before, for all and for each status."""
        history: History = facts.parts["history"]
        member, other = facts.member.buyers - facts.known, facts.other.buyers - facts.known
        counts = {"overlap": len(member & other), "left_censored": int(not history.a_year)}
        return replace(counted_customers(facts.bought - facts.known, member, other), counts=counts)
