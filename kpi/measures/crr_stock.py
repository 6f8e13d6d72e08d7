"""Retention of the active base: who was active when the period began, and still is when it ends."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Reason, Text
from kpi.parts.activity import Activity
from kpi.splits import SEGMENTS, fixed_at_start, without

HISTORY_TOO_SHORT = Reason(
    "history_too_short",
    Text(
        en="The known purchases do not go back as far as the activity window before this period. Import older"
        " purchases, or set a shorter window (`activity_window_days`).",
        fr="Les achats connus ne remontent pas aussi loin que la fenêtre d’activité avant cette période. Importez des"
        " achats plus anciens, ou choisissez une fenêtre plus courte (`activity_window_days`).",
    ),
)


@MEASURES.register("crr_stock")
class StockRetention(Measure):
    """#(A_W(s) ∩ A_W(e)) / #A_W(s); A_W(t) bought in the W days before t. W is the programme's activity window."""

    title = Text(en="Retention of the active base", fr="Taux de rétention sur base active")
    definition = Text(
        en="Of the customers who were active at the start of the period, the share that is still active at its end."
        " Active means: bought within the programme's activity window, 365 days unless set otherwise. A customer counts"
        " as a member if they were one at the start of the period.",
        fr="Parmi les clients actifs au début de la période, la part qui l’est encore à la fin. Actif veut dire : a"
        " acheté dans la fenêtre d’activité du programme, 365 jours sauf autre réglage. Un client compte comme membre"
        " s’il l’était au début de la période.",
    )
    formula = Text(
        en="customers active at the start and at the end / customers active at the start",
        fr="clients actifs au début et à la fin / clients actifs au début",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_start"
    needs = frozenset({"activity"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask those who were active whether they still are; null where nobody can know who was."""
        activity: Activity = facts.parts["activity"]
        if not activity.enough:
            return without(HISTORY_TOO_SHORT, *SEGMENTS)
        return fixed_at_start(activity.at_start, activity.at_end, facts.member_at_start)
