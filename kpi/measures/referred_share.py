"""How many of the new customers came by a friend."""

from kpi.facts import Customers, PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, People, Text
from kpi.parts.referring import Referring
from kpi.splits import rate_at_order


@MEASURES.register("referred_share")
class ReferredShare(Measure):
    """#(B ∖ H(s) who had claimed a code by their first purchase) / #(B ∖ H(s)), by status at the purchases.

    A claim that was refused counts for nothing, unless only the purchase was too small, or the referrer over the cap.
    """

    title = Text(en="New customers by referral", fr="Nouveaux clients parrainés")
    definition = Text(
        en="Of the customers who bought in the period and never before, the share that a member brought: they had"
        " claimed the member's code by then. Who joined between two purchases of the period counts on both sides.",
        fr="Parmi les clients qui ont acheté pendant la période et jamais auparavant, la part amenée par un membre :"
        " ils avaient alors utilisé son code. Qui a adhéré entre deux achats de la période compte des deux côtés.",
    )
    formula = Text(
        en="new customers who had claimed a code / new customers",
        fr="nouveaux clients ayant utilisé un code / nouveaux clients",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("referrals", "purchases", "members")
    split = "at_order"
    needs = frozenset({"referring"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask the new customers, for all and for each status."""
        referring: Referring = facts.parts["referring"]

        def people(buyers: Customers) -> People:
            new = buyers - facts.known
            return People(new, new & referring.brought)

        return rate_at_order(people(facts.bought), people(facts.member.buyers), people(facts.other.buyers))
