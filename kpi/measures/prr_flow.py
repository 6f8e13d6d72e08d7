"""How much came back in a period, against what was sold in it."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Difference, Measure, Outcome, Text
from kpi.parts.money import Units
from kpi.reasons import NO_LINES
from kpi.splits import SEGMENTS, quotient, without


@MEASURES.register("prr_flow")
class ReturnFlow(Measure):
    """Units returned in [s, e), of whichever sale / units sold in it: the twin by return date. It may exceed 1."""

    title = Text(en="Product returns by return date", fr="Retours produits par date de retour")
    definition = Text(
        en="Units of goods that came back in the period, whenever they were sold, for each unit sold in it. Complete as"
        " soon as the period is over, but after a good month of sales it can be more than 100 %.",
        fr="Unités d’articles revenues pendant la période, quelle que soit la date de vente, rapportées aux unités"
        " vendues pendant celle-ci. Complet dès la fin de la période, mais peut dépasser 100 % après"
        " un bon mois de ventes.",
    )
    formula = Text(
        en="units returned in the period / units sold in the period",
        fr="unités retournées pendant la période / unités vendues pendant la période",
    )
    unit = "ratio"
    additivity = "none"
    less_is_better = True
    inputs = ("purchases", "refunds")
    split = "at_order"
    needs = frozenset({"units"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide what came back by what was sold, for all and for each status of the sale."""
        units: Units = facts.parts["units"]
        counts = {"purchases_without_lines": units.unlined, "refunds_without_lines": units.untold}
        if not len(units.sold) and units.unlined:
            return without(NO_LINES, *SEGMENTS, counts=counts)
        sold = [int(units.sold[units.member == side].sum()) for side in (1, 0)]
        sides = [(sum(units.flow), sum(sold)), (units.flow[0], sold[0]), (units.flow[1], sold[1])]
        segments = {name: quotient(*side) for name, side in zip(SEGMENTS, sides, strict=True)}
        one, two = segments["member"].value, segments["non_member"].value
        gap = None if one is None or two is None else one - two
        return Outcome(segments, Difference(gap, None), counts)
