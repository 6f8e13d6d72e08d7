"""Who moved between the tiers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce

from kpi.facts import NOBODY, Customers, PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.stock import Stock
from kpi.parts.tiers import Tiers
from kpi.splits import rate_of_members

NONE, LEFT = "none", "left"
TO = ">"


@MEASURES.register("tier_migration")
class TierMigration(Measure):
    """#{c ∈ M(s) ∩ M(e) whose tier before e is another than before s} / #M(s).

    The whole matrix is in the counts: `gold>silver` is how many held gold at the start and silver at the end; `none`
    holds no tier, `left` is no member at the end. All of them together are M(s).
    """

    title = Text(en="Moves between tiers", fr="Passages entre niveaux")
    definition = Text(
        en="Of the members at the start of the period, the share that is a member at its end and holds another tier"
        " than at the start: a higher one, a lower one, or none any more. Beside it, how many went from which tier to"
        " which.",
        fr="Parmi les membres au début de la période, la part qui est membre à la fin et se trouve à un autre niveau"
        " qu’au début : plus haut, plus bas, ou à aucun. À côté, combien sont passés de quel niveau à quel autre.",
    )
    formula = Text(
        en="members at the start who hold another tier at the end / members at the start",
        fr="membres au début se trouvant à un autre niveau à la fin / membres au début",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("members", "tiers")
    split = "none"
    needs = frozenset({"tiers", "stock"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Set who held what at the start against what they hold at the end."""
        tiers: Tiers = facts.parts["tiers"]
        stock: Stock = facts.parts["stock"]
        asked = facts.member_at_start
        before = _with_none(tiers.at_start, asked)
        after = {**_with_none(tiers.at_end, asked & stock.members), LEFT: asked - stock.members}
        moves = {
            (one, two): who & others for one, who in before.items() for two, others in after.items() if who & others
        }
        counts = {f"{one}{TO}{two}": len(who) for (one, two), who in moves.items()}
        moved = _all(who for (one, two), who in moves.items() if two not in {one, LEFT})
        return replace(rate_of_members(asked, moved), counts=counts)


def _with_none(holders: Mapping[str, Customers], asked: Customers) -> dict[str, Customers]:
    """Part those asked by the tier they hold."""
    held = {tier: who & asked for tier, who in holders.items()}
    return {**held, NONE: asked - _all(held.values())}


def _all(sets: Iterable[Customers]) -> Customers:
    return reduce(lambda one, other: one | other, sets, NOBODY)
