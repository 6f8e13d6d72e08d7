"""How many leads become customers."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Ratio, Text
from kpi.parts.money import Leads
from kpi.reasons import NO_LEADS, YOUNG_LEADS
from kpi.splits import without
from loyalty.intervals import wilson


@MEASURES.register("lead_conversion")
class LeadConversion(Measure):
    """Qualified leads created in [s, e) whose first purchase came ≤ 30 days after / those that are 30 days old at K.

    The source calls it leads/customers; it is customers/leads. Younger leads are left out of both, even if they have
    bought. Who was a customer before stays in the base: their first purchase is not within the 30 days.
    """

    title = Text(en="Lead-to-customer conversion", fr="Conversion des prospects en clients")
    definition = Text(
        en="Of the qualified leads created in the period, the share that made their first purchase within 30 days."
        " Leads younger than 30 days are left out, and the figure is marked as incomplete.",
        fr="Parmi les prospects qualifiés créés pendant la période, la part qui a fait son premier achat dans les 30"
        " jours. Les prospects de moins de 30 jours sont laissés de côté, et le chiffre est signalé comme incomplet.",
    )
    formula = Text(
        en="leads with a first purchase within 30 days / qualified leads",
        fr="prospects ayant fait leur premier achat dans les 30 jours / prospects qualifiés",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("leads", "purchases")
    split = "none"
    needs = frozenset({"leads"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide the converted leads by all; `counts` has both by channel too."""
        leads: Leads = facts.parts["leads"]
        asked = sum(channel.leads for channel in leads.channels.values())
        did = sum(channel.converted for channel in leads.channels.values())
        counts = {"unqualified": leads.unqualified, "immature": leads.immature}
        for name, channel in sorted(leads.channels.items()):
            counts |= {f"leads:{name}": channel.leads, f"converted:{name}": channel.converted}
        if not asked:
            return without(YOUNG_LEADS if leads.immature else NO_LEADS, counts=counts)
        rate = Ratio(did, asked, did / asked, wilson(did, asked))
        return Outcome({"all": rate}, counts=counts, immature=leads.immature > 0)
