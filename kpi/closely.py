"""Looking at one period closely: what the measures show of it beside their figures."""

from collections.abc import Mapping
from dataclasses import replace

from kpi.facts import PeriodFacts
from kpi.measure import Measure
from kpi.pictures import Picture
from kpi.rows.part import Asked, read_parts


async def drawn(asked: Asked, facts: PeriodFacts, measures: Mapping[str, Measure]) -> dict[str, Picture]:
    """Give the pictures of those measures that have one; `asked` is about one period, whose `facts` are known."""
    needs = {need for measure in measures.values() for need in measure.draws}
    [further] = (await read_parts(asked, needs)).values()
    whole = replace(facts, parts={**facts.parts, **further.parts})
    found = {key: measure.picture(whole) for key, measure in measures.items()}
    return {key: picture for key, picture in found.items() if picture is not None}
