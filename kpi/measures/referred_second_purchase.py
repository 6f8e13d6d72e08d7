"""How many of the friends come again."""

from dataclasses import replace

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, People, Text
from kpi.parts.referring import Referring
from kpi.splits import rate


@MEASURES.register("referred_second_purchase")
class ReferredSecondPurchase(Measure):
    """Referred customers first buying in [s, e) who bought again ≤ 90 days after / those watched for 90 days at K."""

    title = Text(en="Second purchase of referred customers", fr="Deuxième achat des clients parrainés")
    definition = Text(
        en="Of the customers whom members brought and who first bought in the period, the share that bought again"
        " within 90 days. Those whose 90 days are not over are left out, and the figure is marked as incomplete.",
        fr="Parmi les clients amenés par des membres et ayant fait leur premier achat pendant la période, la part qui a"
        " de nouveau acheté dans les 90 jours. Ceux dont les 90 jours ne sont pas écoulés sont laissés de côté, et le"
        " chiffre est signalé comme incomplet.",
    )
    formula = Text(
        en="referred customers with a second purchase within 90 days / referred customers",
        fr="clients parrainés ayant fait un deuxième achat dans les 90 jours / clients parrainés",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("referrals", "purchases")
    split = "none"
    needs = frozenset({"referring"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask those who were watched for so long."""
        told: Referring = facts.parts["referring"]
        people = People(told.watched, told.again)
        young = len(told.brought) - len(told.watched)
        found = Outcome({"all": rate(people)}, people={"all": people}, counts={"immature": young})
        return replace(found, immature=young > 0)
