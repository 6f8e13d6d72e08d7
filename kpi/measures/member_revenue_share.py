"""Members' share of the revenue."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import Sums, ratio


@MEASURES.register("member_revenue_share")
class MemberRevenueShare(Measure):
    """Σ net of members' purchases / Σ net of all, anonymous ones included. An accounting figure: no interval."""

    title = Text(en="Members' share of revenue", fr="Part du chiffre d’affaires des membres")
    definition = Text(
        en="The share of the period's revenue that came from members' purchases; anonymous purchases are among the"
        " others.",
        fr="La part du chiffre d’affaires de la période venue des achats des membres ; les achats anonymes sont parmi"
        " les autres.",
    )
    formula = Text(
        en="net amount of members' purchases / net amount of all purchases",
        fr="montant net des achats des membres / montant net de tous les achats",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "none"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Hold members' money against all."""
        return Outcome({"all": ratio(Sums(facts.member.net, facts.everybody.net + facts.anonymous.net))})
