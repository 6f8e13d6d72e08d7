"""How often those who buy, buy in a month."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.measures.orders_per_active import sums
from kpi.parts.length import Length
from kpi.splits import by_order


@MEASURES.register("purchase_frequency")
class PurchaseFrequency(Measure):
    """Purchases of known customers / #B / months of the period: `orders_per_active`, brought to a month."""

    title = Text(en="Purchase frequency", fr="Fréquence d’achat")
    definition = Text(
        en="How many purchases a month a customer made on average, among those who bought in the period: the orders per"
        " active customer, divided by the months of the period (for other periods than whole months, days divided by"
        " 30.4375). Anonymous purchases are left out.",
        fr="Nombre moyen d’achats par mois et par client, parmi ceux qui ont acheté pendant la période : les commandes"
        " par client actif, divisées par le nombre de mois de la période (hors mois entiers, les jours divisés par"
        " 30,4375). Les achats anonymes sont écartés.",
    )
    formula = Text(
        en="purchases of identified customers / customers who bought / months of the period",
        fr="achats des clients identifiés / clients ayant acheté / mois de la période",
    )
    unit = "orders_per_month"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_order"
    needs = frozenset({"spread", "length"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide the purchases by the buyers and by the months; a buyer has at least one."""
        length: Length = facts.parts["length"]
        return by_order(*sums(facts), least=1 / length.months, unit=length.months)
