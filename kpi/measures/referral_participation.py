"""How many of the members bring others."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.referring import Referring
from kpi.splits import rate_of_members


@MEASURES.register("referral_participation")
class ReferralParticipation(Measure):
    """{c a member at any time in [s, e) : c made an invitation in it} / #(M(s) ∪ joined in [s, e))."""

    title = Text(en="Members who refer", fr="Membres qui parrainent")
    definition = Text(
        en="Of those who were members at any time in the period, the share that invited somebody in it. An invitation"
        " is a share that the storefront told, or else the claim of the member's code.",
        fr="Parmi les personnes membres à un moment quelconque de la période, la part qui y a invité quelqu’un. Une"
        " invitation est un partage signalé par la boutique ou, à défaut, l’utilisation du code du membre.",
    )
    formula = Text(
        en="members who invited in the period / members at any time in it",
        fr="membres ayant invité pendant la période / membres à un moment quelconque de celle-ci",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("members", "referrals")
    split = "none"
    needs = frozenset({"referring"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask everybody who was a member."""
        referring: Referring = facts.parts["referring"]
        return rate_of_members(facts.member_at_start | facts.joined, referring.inviters)
