"""The sentences below the three levels."""

from admin.format import Format
from admin.unit import Unit
from kpi.impact.comparison import Compared
from kpi.impact.facts import EstimateFacts


def already(compared: Compared, unit: Unit, f: Format) -> str:
    """Say by how much those who were to join spent more before they did; nothing where they did not."""
    if compared.before is None or compared.before.value <= 0:
        return ""
    more = unit.value(f, compared.before.value)
    return f.words.gettext("In the 90 days before joining, future members already spent %(more)s more.", more=more)


def how_many_times(compared: Compared, said: str, f: Format) -> str:
    """Say how much larger the gap is; nothing beside an estimate that stays behind a click, as it would tell it."""
    if compared.times is None or said != "estimated":
        return ""
    return f.words.gettext("The gap is %(times)s times larger than the estimate.", times=f.number(compared.times, 1))


def cautious(compared: Compared, f: Format) -> str:
    """Say where the cautious interval holds zero and the other one does not."""
    effect = compared.effect
    if effect is None or effect.cautious is None or effect.holds_zero:
        return ""
    if not effect.cautious[0] <= 0 <= effect.cautious[1]:
        return ""
    return f.words.gettext("A more cautious interval, which allows for members with few alike, contains zero.")


def made(estimate: EstimateFacts | None, timezone: str, f: Format) -> str:
    """Say when the estimate was made, and from what."""
    if estimate is None or estimate.result is None:
        return ""
    inputs = estimate.result.inputs
    return f.words.gettext(
        "Estimated on %(day)s from %(purchases)s purchases of %(customers)s customers.",
        day=f.instant(estimate.ended_at or inputs.as_of, timezone),
        purchases=f.number(inputs.purchases),
        customers=f.number(inputs.customers),
    )


def under_way(estimate: EstimateFacts | None, f: Format) -> str:
    """Say how far an estimate has got."""
    if estimate is None:
        return ""
    if not estimate.total:
        return f.words.gettext("An estimate is waiting for its turn.")
    return f.words.gettext("An estimate is being made: %(share)s.", share=f.percent(estimate.done / estimate.total, 0))
