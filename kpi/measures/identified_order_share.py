"""How many purchases have a customer."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import share


@MEASURES.register("identified_order_share")
class IdentifiedOrderShare(Measure):
    """Purchases of known customers / all purchases: what is missing to 1 is anonymous."""

    title = Text(en="Identified purchases", fr="Part des achats identifiés")
    definition = Text(
        en="The share of the period's purchases whose customer is known. The rest is anonymous: it counts in revenue"
        " and baskets, and in no figure about customers.",
        fr="La part des achats de la période dont le client est connu. Le reste est anonyme : il compte dans le chiffre"
        " d’affaires et les paniers, et dans aucun chiffre sur les clients.",
    )
    formula = Text(en="identified purchases / all purchases", fr="achats identifiés / tous les achats")
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases",)
    split = "none"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Hold known customers' purchases against all."""
        return share(facts.everybody.orders, facts.everybody.orders + facts.anonymous.purchases)
