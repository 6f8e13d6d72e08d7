"""What customers paid for goods."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import counted


@MEASURES.register("revenue")
class Revenue(Measure):
    """Σ net, in minor units; anonymous purchases are non-members'."""

    title = Text(en="Revenue", fr="Chiffre d’affaires")
    definition = Text(
        en="What the purchases of the period brought, after discounts, refunds and rewards, before tax and shipping. A"
        " refund lowers the day of its purchase. Anonymous purchases are non-members'.",
        fr="Ce que les achats de la période ont rapporté, après remises, remboursements et récompenses, hors taxes et"
        " livraison. Un remboursement diminue le jour de son achat. Les achats anonymes sont ceux de non-membres.",
    )
    formula = Text(en="net amount of the purchases", fr="montant net des achats")
    unit = "money"
    additivity = "additive"
    inputs = ("purchases", "members")
    split = "at_order"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Add the money up, for all and for each status."""
        anonymous = facts.anonymous.net
        return counted(facts.everybody.net + anonymous, facts.member.net, facts.other.net + anonymous)
