"""How many claims of codes are refused, and why."""

from dataclasses import replace

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.referring import Referring
from kpi.splits import share


@MEASURES.register("referral_refused_share")
class ReferralRefusedShare(Measure):
    """Claims of [s, e) that were refused by K / claims of [s, e); `counts` has each reason."""

    title = Text(en="Refused referrals", fr="Parrainages refusés")
    definition = Text(
        en="Of the codes claimed in the period, the share that was refused, at once or with the first purchase: unknown"
        " or expired codes, own codes, customers who had bought before, the same address or card, caps, or by staff."
        " What was rewarded and taken back after a refund is not among them.",
        fr="Parmi les codes utilisés pendant la période, la part refusée, aussitôt ou lors du premier achat : codes"
        " inconnus ou expirés, son propre code, clients ayant déjà acheté, même adresse ou même carte, plafonds, ou"
        " décision de l’équipe. Ce qui a été récompensé puis repris après un remboursement n’en fait pas partie.",
    )
    formula = Text(en="refused claims / claims", fr="utilisations refusées / utilisations de codes")
    unit = "ratio"
    additivity = "none"
    less_is_better = True
    inputs = ("referrals",)
    split = "none"
    needs = frozenset({"referring"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide the refused ones by all."""
        told: Referring = facts.parts["referring"]
        counts = {f"refused:{reason}": number for reason, number in sorted(told.refused.items())}
        return replace(share(sum(told.refused.values()), told.claims), counts=counts)
