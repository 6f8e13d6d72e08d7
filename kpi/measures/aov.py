"""The average basket."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import Sums, by_order
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
    needs = frozenset({"spread"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide the money by the purchases, for all and for each status."""
        nobody, known, spread = facts.anonymous, facts.everybody, facts.spread
        apart = (nobody.purchases, nobody.net, nobody.net_squared)
        clusters: tuple[Clusters | None, ...] = (None, None, None)
        if spread:
            clusters = (
                Clusters(spread.net, spread.orders, *apart),
                Clusters(spread.member_net, spread.member_orders),
                Clusters(spread.other_net, spread.other_orders, *apart),
            )
        return by_order(
            Sums(known.net + nobody.net, known.orders + nobody.purchases, clusters[0]),
            Sums(facts.member.net, facts.member.orders, clusters[1]),
            Sums(facts.other.net + nobody.net, facts.other.orders + nobody.purchases, clusters[2]),
        )
