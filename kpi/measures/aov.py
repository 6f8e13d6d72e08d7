"""The average basket."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Difference, Measure, Segments, Text
from kpi.splits import by_order
from loyalty.intervals import Clusters


@MEASURES.register("aov")
class AverageBasket(Measure):
    """Σ net / number of purchases, in minor units; anonymous purchases are non-members', each a cluster of its own.

    Deviates from dividing by the number of loyal customers, as one source writes: that is spend per member.
    """

    title = Text(en="Average loyal basket", fr="Panier moyen des clients fidèles")
    definition = Text(
        en="What a purchase brings on average, after discounts, refunds and rewards, before tax and shipping. A"
        " purchase is a member's if the customer was a member at that moment; anonymous purchases are non-members'.",
        fr="Ce qu’un achat rapporte en moyenne, après remises, remboursements et récompenses, hors taxes et livraison."
        " Un achat est celui d’un membre si le client l’était à cet instant ; les achats anonymes sont ceux de"
        " non-membres.",
    )
    formula = Text(
        en="net amount of the purchases / number of purchases", fr="montant net des achats / nombre d’achats"
    )
    unit = "money"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_order"

    def segments(self, facts: PeriodFacts) -> tuple[Segments, Difference]:
        """Divide the money by the purchases, for all and for each status."""
        nobody = facts.anonymous
        apart = (nobody.purchases, nobody.net, nobody.net_squared)
        return by_order(
            Clusters(facts.net, facts.orders, *apart),
            Clusters(facts.member_net, facts.member_orders),
            Clusters(facts.other_net, facts.other_orders, *apart),
        )
