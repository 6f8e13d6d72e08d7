"""Which pictures a measure's page has, made ready; and the one of them that is sent as a file."""

from dataclasses import dataclass

from admin.csv_file import Cell
from admin.format import Format
from admin.kpis.pictures.funnel import Funnel, funnel_table, make_funnel
from admin.kpis.pictures.histogram import Histogram, histogram_table, make_histogram
from admin.kpis.pictures.waiting import Waiting, make_waiting, waiting_table
from kpi.answers import Answer, Overview


@dataclass(frozen=True)
class Pictures:
    """At most one of each kind; `csv` is the address of its table."""

    histogram: Histogram | None
    funnel: Funnel | None
    waiting: Waiting | None
    csv: str


def make_pictures(answer: Answer, overview: Overview, csv: str, f: Format) -> Pictures:
    """Draw what there is of the chosen period; nothing where there is no figure."""
    picture = overview.pictures.get(answer.key)
    distributions = answer.figures.distributions
    if answer.figures.reason is not None:
        return Pictures(None, None, None, csv)
    curve = picture.curves.get("all") if picture and not distributions else None
    return Pictures(
        histogram=make_histogram(distributions, picture, f) if distributions else None,
        funnel=make_funnel(picture, f) if picture and picture.steps else None,
        waiting=make_waiting(curve, f) if curve else None,
        csv=csv,
    )


def picture_table(answer: Answer, overview: Overview, f: Format) -> tuple[list[str], list[list[Cell]]] | None:
    """Give the picture's table as a file; None where the page has none."""
    picture = overview.pictures.get(answer.key)
    if answer.figures.distributions:
        return histogram_table(answer.figures.distributions, f)
    if picture is None:
        return None
    return funnel_table(picture, f) if picture.steps else waiting_table(picture.curves["all"], f)
