"""The liability at a terminal, and as files."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from loyalty.cli.printing import Form, writing
from loyalty.cli.refusals import note

if TYPE_CHECKING:
    from kpi.liability.actions import Liability, Period


def print_liability_as(form: Form, told: "Liability") -> None:
    """Print for a program: the API's JSON, or the rows as CSV without a byte order mark."""
    import msgspec

    from kpi.liability.bodies import LiabilityBody
    from kpi.liability.tables_out import HEADER, rows_of
    from loyalty.spreadsheets import csv_lines

    if form == "json":
        click.echo(msgspec.json.encode(LiabilityBody.of(told)))
        return
    for line in csv_lines([HEADER, *rows_of(told)]):
        click.echo(line, nl=False)


def write_liability(told: "Liability", out: Path) -> None:
    """Write a workbook of one sheet."""
    from kpi.liability.tables_out import HEADER, rows_of
    from loyalty.spreadsheets import write_xlsx

    with writing(out), out.open("wb") as file:
        write_xlsx(file, [("liability", HEADER, rows_of(told))])


def print_liability(told: "Liability") -> None:
    """Print for a person: a row for each period in points, what it is in money, and the estimate."""
    from rich.console import Console
    from rich.table import Table

    from kpi.reasons import NO_POINT_COST

    table = Table(title=f"Points liability ({told.timezone}); money in minor units of {told.currency}")
    for column in (
        "from",
        "opening",
        "issued",
        "restored",
        "adjusted",
        "redeemed",
        "expired",
        "clawed back",
        "closing",
    ):
        table.add_column(column, justify="left" if column == "from" else "right")
    for column in ("outstanding", "debt", "liability"):
        table.add_column(column, justify="right")
    for one in told.periods:
        table.add_row(*_row(one))
    Console(width=150).print(table)
    if not told.periods[-1].money:
        note(NO_POINT_COST.text.en)
    found = told.breakage
    if found.reason:
        note(found.reason.text.en)
    elif found.share is not None and found.ci95 is not None:
        low, high = found.ci95
        click.echo(
            f"Never spent, of points that ended: {found.share:.1%} ({low:.1%} to {high:.1%}), from {found.customers:,}"
            " customers."
        )


def _row(one: "Period") -> list[str]:
    roll, flows = one.roll, one.roll.flows
    numbers = [
        roll.opening.net,
        flows.issued,
        flows.restored,
        flows.adjusted,
        -flows.redeemed,
        -flows.expired,
        -flows.clawed_back,
        roll.closing.net,
        roll.closing.outstanding,
        roll.closing.debt,
    ]
    money = "–" if one.money is None else f"{one.money.liability:,}"
    return [f"{roll.days.start}{' (partial)' if one.partial else ''}", *(f"{n:,}" for n in numbers), money]
