"""The flow of customers: who was there, stayed, went, came and came back."""

from collections.abc import Mapping
from dataclasses import replace

from kpi.facts import Customers, PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import counted_customers


@MEASURES.register("base_flow")
class BaseFlow(Measure):
    """S = retained + lost, E = retained + new + reactivated: S bought in the period before, E in this one.

    new = B∖H(s), reactivated = B∩H(s)∖S, by status at s, so that members and non-members add up. The figure is #E; the
    counts have each step for all, and again with `member_` and `non_member_` before its name.
    """

    title = Text(en="Flow of customers", fr="Flux de la base clients")
    definition = Text(
        en="From the customers of the previous period to those of this one: some stayed, some were lost, some bought"
        " for the first time, and some came back who had bought earlier. The figure is how many bought in this"
        " period. A customer counts as a member if they were one when it began.",
        fr="Des clients de la période précédente à ceux de celle-ci : certains sont restés, d’autres ont été perdus,"
        " d’autres ont acheté pour la première fois, d’autres sont revenus après une absence. Le chiffre est le nombre"
        " de clients ayant acheté pendant la période. Un client compte comme membre s’il l’était à son début.",
    )
    formula = Text(
        en="customers of the previous period - lost + new + reactivated",
        fr="clients de la période précédente - perdus + nouveaux + réactivés",
    )
    unit = "customers"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_start"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Count every step, for all and for each status at the start."""
        start, end, member = facts.bought_before, facts.bought, facts.member_at_start
        retained, known = start & end, end & facts.known
        steps = {
            "start": start,
            "retained": retained,
            "lost": start - retained,
            "new": end - known,
            "reactivated": known - retained,
            "end": end,
        }
        return replace(counted_customers(end, end & member, end - member), counts=_counts(steps, member))


def _counts(steps: Mapping[str, Customers], member: Customers) -> dict[str, int]:
    told = {name: len(who) for name, who in steps.items()}
    of_members = {name: who.intersection_cardinality(member) for name, who in steps.items()}
    told |= {f"member_{name}": number for name, number in of_members.items()}
    return told | {f"non_member_{name}": told[name] - number for name, number in of_members.items()}
