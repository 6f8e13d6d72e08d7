"""Lapse: who was active when the period began, and no longer is when it ends."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.measures.crr_stock import HISTORY_TOO_SHORT
from kpi.parts.activity import Activity
from kpi.splits import SEGMENTS, fixed_at_start, without


@MEASURES.register("lapse_rate")
class LapseRate(Measure):
    """1 - crr_stock = #(A_W(s) ∖ A_W(e)) / #A_W(s)."""

    title = Text(en="Lapse rate of the active base", fr="Taux d’attrition sur base active")
    definition = Text(
        en="Of the customers who were active at the start of the period, the share that no longer is at its end. Active"
        " means: bought within the programme's activity window, 365 days unless set otherwise. A customer counts as a"
        " member if they were one at the start of the period.",
        fr="Parmi les clients actifs au début de la période, la part qui ne l’est plus à la fin. Actif veut dire : a"
        " acheté dans la fenêtre d’activité du programme, 365 jours sauf autre réglage. Un client compte comme membre"
        " s’il l’était au début de la période.",
    )
    formula = Text(
        en="customers active at the start but not at the end / customers active at the start",
        fr="clients actifs au début mais plus à la fin / clients actifs au début",
    )
    unit = "ratio"
    additivity = "none"
    less_is_better = True
    inputs = ("purchases", "members")
    split = "at_start"
    needs = frozenset({"activity"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask those who were active whether they are no longer; null where nobody can know who was."""
        activity: Activity = facts.parts["activity"]
        if not activity.enough:
            return without(HISTORY_TOO_SHORT, *SEGMENTS)
        return fixed_at_start(activity.at_start, activity.at_start - activity.at_end, facts.member_at_start)
