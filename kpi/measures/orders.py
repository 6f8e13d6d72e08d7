"""How many purchases there were."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import counted


@MEASURES.register("orders")
class Orders(Measure):
    """The number of qualifying purchases; anonymous ones are non-members'."""

    title = Text(en="Purchases", fr="Nombre d’achats")
    definition = Text(
        en="Purchases placed in the period of which goods were kept: those refunded in full, cancelled or of no amount"
        " are left out, and those paid with a reward count. Anonymous purchases are non-members'.",
        fr="Achats de la période dont des articles ont été gardés : ceux entièrement remboursés, annulés ou d’un"
        " montant nul sont écartés, ceux payés avec une récompense comptent. Les achats anonymes sont ceux de"
        " non-membres.",
    )
    formula = Text(en="number of purchases", fr="nombre d’achats")
    unit = "purchases"
    additivity = "additive"
    inputs = ("purchases", "members")
    split = "at_order"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Count the purchases, for all and for each status."""
        anonymous = facts.anonymous.purchases
        return counted(facts.everybody.orders + anonymous, facts.member.orders, facts.other.orders + anonymous)
