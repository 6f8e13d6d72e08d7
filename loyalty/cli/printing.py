"""Figures and audits as a terminal shows them, and as files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from loyalty.cli.refusals import note

if TYPE_CHECKING:
    from kpi.answers import Answer, Series
    from kpi.audit.actions import Report

Form = Literal["json", "csv"]

_MOST_SHOWN = 20


def print_as(form: Form, told: "Answer | Series") -> None:
    """Print for a program: the API's JSON, or the rows as CSV without a byte order mark."""
    import msgspec

    from kpi.answers import Series
    from kpi.bodies import AnswerBody, SeriesBody
    from kpi.tables_out import HEADER, rows_of
    from loyalty.spreadsheets import csv_lines

    if form == "json":
        body = SeriesBody.of(told) if isinstance(told, Series) else AnswerBody.of(told)
        click.echo(msgspec.json.encode(body))
        return
    for line in csv_lines([HEADER, *rows_of(told)]):
        click.echo(line, nl=False)


def write_book(several: "Sequence[Answer | Series]", out: Path) -> None:
    """Write a workbook with a sheet for each."""
    from kpi.tables_out import HEADER, rows_of
    from loyalty.spreadsheets import write_xlsx

    with writing(out), out.open("wb") as file:
        write_xlsx(file, ((told.key, HEADER, rows_of(told)) for told in several))


def write_folder(several: "Sequence[Answer | Series]", out: Path) -> None:
    """Write a CSV file for each, with a byte order mark."""
    from kpi.tables_out import HEADER, rows_of
    from loyalty.spreadsheets import csv_text

    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for told in several:
            (out / f"{told.key}.csv").write_text(csv_text(HEADER, rows_of(told)), encoding="utf-8", newline="")


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Say in words why a file cannot be written."""
    try:
        yield
    except OSError as error:
        msg = f"Cannot write {error.filename or out}: {error.strerror}."
        raise click.ClickException(msg) from error


def print_table(told: "Answer | Series") -> None:
    """Print for a person: a table for each period."""
    from rich.console import Console
    from rich.table import Table

    from kpi.answers import Series

    unit = "in minor units" if told.unit == "money" else told.unit
    several = told.periods if isinstance(told, Series) else [told.figures]
    for figures in several:
        period = figures.period
        table = Table(title=f"{told.key} ({unit}), {period.start} to {period.end} ({period.timezone})")
        for column in ("", "num", "den", "value", "95 % interval"):
            table.add_column(column, justify="left" if not column else "right")
        for name, ratio in figures.segments.items():
            den = "–" if ratio.den is None else str(ratio.den)
            table.add_row(name, str(ratio.num), den, _number(ratio.value), _interval(ratio.ci95))
        if len(figures.segments) > 1:
            gap = figures.difference
            table.add_row("difference", "", "", _number(gap.value), _interval(gap.ci95))
        Console().print(table)
        if figures.reason:
            note(figures.reason.text.en)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4f}"


def _interval(ci95: tuple[float, float] | None) -> str:
    return "–" if ci95 is None else f"{ci95[0]:,.4f} to {ci95[1]:,.4f}"


def print_report(report: "Report") -> None:
    """Print what was compared, and what differs."""
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for column in ("measure", "whole numbers compared", "differences"):
        table.add_column(column, justify="left" if column == "measure" else "right")
    found = [one.measure for one in report.differences]
    for key, compared in sorted(report.compared.items()):
        table.add_row(key, f"{compared:,}", str(found.count(key)))
    Console(width=120).print(table)
    for one in report.differences[:_MOST_SHOWN]:
        click.echo(str(one))
    if report.not_audited:
        note(f"Not audited: {', '.join(report.not_audited)}.")
    click.echo(f"{len(report.differences)} differences.")
