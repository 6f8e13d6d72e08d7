"""How many of the members who buy use their points."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, People, Text
from kpi.parts.points import Points
from kpi.splits import rate


@MEASURES.register("redeemer_share")
class RedeemerShare(Measure):
    """#(B_m whose points were captured in [s, e)) / #B_m. Who redeemed without buying is not counted."""

    title = Text(en="Members who redeem", fr="Membres qui utilisent leurs points")
    definition = Text(
        en="Of the customers who bought as members in the period, the share that spent points in it.",
        fr="Parmi les clients qui ont acheté en tant que membres pendant la période, la part qui y a utilisé des"
        " points.",
    )
    formula = Text(
        en="members who bought and redeemed / members who bought",
        fr="membres ayant acheté et utilisé des points / membres ayant acheté",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members", "points")
    split = "none"
    needs = frozenset({"points"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask the members who bought."""
        points: Points = facts.parts["points"]
        people = People(facts.member.buyers, facts.member.buyers & points.redeemers)
        return Outcome({"all": rate(people)}, people={"all": people})
