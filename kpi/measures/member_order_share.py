"""Members' share of the purchases."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import share


@MEASURES.register("member_order_share")
class MemberOrderShare(Measure):
    """Purchases of members at that moment / all purchases, anonymous ones included."""

    title = Text(en="Members' share of purchases", fr="Part des achats des membres")
    definition = Text(
        en="The share of the period's purchases that were made by members; anonymous purchases are among the others.",
        fr="La part des achats de la période faits par des membres ; les achats anonymes sont parmi les autres.",
    )
    formula = Text(en="members' purchases / all purchases", fr="achats des membres / tous les achats")
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "none"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Hold members' purchases against all."""
        return share(facts.member.orders, facts.everybody.orders + facts.anonymous.purchases)
