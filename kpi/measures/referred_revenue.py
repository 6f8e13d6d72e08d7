"""What friends bring who came by a referral."""

from dataclasses import replace

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.referring import Referring
from kpi.splits import counted


@MEASURES.register("referred_revenue")
class ReferredRevenue(Measure):
    """Σ net of the purchases in [s, e) of whoever came by a friend, from the claim on, in minor units."""

    title = Text(en="Revenue from referred customers", fr="Chiffre d’affaires des clients parrainés")
    definition = Text(
        en="What customers whom members brought paid in the period, whenever they came: after discounts, refunds and"
        " rewards, before tax and shipping. It counts from the claim of the code on.",
        fr="Ce que les clients amenés par des membres ont payé pendant la période, quelle que soit la date de leur"
        " arrivée : après remises, remboursements et récompenses, hors taxes et livraison. Cela compte à partir de"
        " l’utilisation du code.",
    )
    formula = Text(
        en="net amount of the purchases of referred customers", fr="montant net des achats des clients parrainés"
    )
    unit = "money"
    additivity = "additive"
    inputs = ("referrals", "purchases")
    split = "none"
    needs = frozenset({"referring"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Tell the sum; `counts` says of how many purchases."""
        told: Referring = facts.parts["referring"]
        return replace(counted(told.net), counts={"referred_purchases": told.purchases})
