"""How many invitations win a customer."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Ratio, Text
from kpi.parts.referring import Referring
from kpi.reasons import NO_INVITATIONS, YOUNG_INVITATIONS
from kpi.splits import without
from loyalty.intervals import wilson


@MEASURES.register("referral_conversion")
class ReferralConversion(Measure):
    """Invitations of [s, e) whose friend first bought ≤ 30 days after signing up / those that are 30 days old at K.

    Each claim answers the oldest unanswered share of its referrer; one without a share is an invitation of its own. Who
    invited himself, was a customer before, or had the first purchase cancelled was not won, and stays in the base.
    """

    title = Text(en="Referral conversion", fr="Conversion du parrainage")
    definition = Text(
        en="Of the invitations of the period, the share whose friend made a first purchase within 30 days of signing"
        " up. Invitations younger than 30 days are left out, and the figure is marked as incomplete.",
        fr="Parmi les invitations de la période, la part dont le filleul a fait un premier achat dans les 30 jours"
        " suivant son inscription. Les invitations de moins de 30 jours sont laissées de côté, et le chiffre est"
        " signalé comme incomplet.",
    )
    formula = Text(
        en="friends with a first purchase within 30 days / invitations",
        fr="filleuls ayant fait leur premier achat dans les 30 jours / invitations",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("referrals", "purchases")
    split = "none"
    needs = frozenset({"referring"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide what was won by all; `counts` has the sign-ups between them."""
        told: Referring = facts.parts["referring"]
        counts = {"signed_up": told.signed_up, "immature": told.young}
        if not told.invitations:
            return without(YOUNG_INVITATIONS if told.young else NO_INVITATIONS, counts=counts)
        value = told.won / told.invitations
        rate = Ratio(told.won, told.invitations, value, wilson(told.won, told.invitations))
        return Outcome({"all": rate}, counts=counts, immature=told.young > 0)
