"""Trying earning rules on past purchases, at a terminal: at once, in this process, and without a trace."""

import asyncio
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from loyalty.cli.progress import Bar
from loyalty.errors import Invalid

if TYPE_CHECKING:
    from loyalty.backtests.wire import ResultOut, SumOut

_COST = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


def run(file: Path, program_name: str, days: tuple[date, date], point_cost: str | None, *, as_json: bool) -> None:
    """Back-test the rules of a file, and print what came of it."""
    from loyalty.backtests.wire import ResultOut
    from loyalty.cli.connections import load_settings, open_database, servers

    told = _read(file)
    if point_cost is not None and not _COST.fullmatch(point_cost):
        msg = f"{point_cost!r} is not what a point costs. Write it like 0.01."
        raise Invalid(msg)
    settings = load_settings()

    async def replay(url: str) -> ResultOut:
        async with open_database(settings, url) as database:
            return await _replay(database, program_name, (told["name"], told["rules"]), days, point_cost)

    with servers(settings) as at:
        result = asyncio.run(replay(at.database_url))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode())
    else:
        _show(result)


def _read(file: Path) -> dict[str, Any]:
    from loyalty.earning.wire import DraftIn

    try:
        draft = msgspec.json.decode(file.read_bytes(), type=DraftIn)
    except msgspec.DecodeError as error:
        msg = f"{file} is not a draft of rules: {error}."
        raise Invalid(msg) from None
    return {"name": draft.name, "rules": draft.rules}


async def _replay(
    database: Any,  # noqa: ANN401 - loaded by the caller
    program_name: str,
    told: tuple[str, list[dict[str, Any]]],
    days: tuple[date, date],
    point_cost: str | None,
) -> "ResultOut":
    from loyalty.backtests.facts import NewBacktest
    from loyalty.backtests.replay import Replay
    from loyalty.backtests.rules import in_order
    from loyalty.backtests.wire import ResultOut
    from loyalty.cli.storefronts import named_program
    from loyalty.earning.checks import checked
    from loyalty.earning.wire import read_rules

    program = await named_program(database, program_name)
    rules = read_rules(told[1], program.digits)
    checked(rules)
    in_order(*days)
    cost = None if point_cost is None else Decimal(point_cost).scaleb(program.digits)
    replay = Replay(program, NewBacktest(told[0], rules, *days, cost))
    with Bar() as bar:
        async with database.reader() as connection:
            await replay.begin(connection)
            more = True
            while more:
                bar.show("Deciding past purchases", replay.done, replay.total)
                more = await replay.step(connection)
    return ResultOut.of(replay.result(), program.digits)


def _show(result: "ResultOut") -> None:
    click.echo(f"total\t{_line(result.total)}")
    if result.cost:
        cost = result.cost
        click.echo(f"cost\t{cost.points} instead of {cost.given}, difference {cost.difference}")
    people = f"{result.gain} gain, {result.lose} lose, {result.same} get the same"
    click.echo(f"customers\t{result.customers}: {people}")
    for month in result.months:
        click.echo(f"{month.month}\t{_line(month.sum)}")
    for tier in result.tiers:
        click.echo(f"tier {tier.tier or 'none'}\t{_line(tier.sum)}")


def _line(sum_: "SumOut") -> str:
    points = f"{sum_.points} points instead of {sum_.given}, difference {sum_.difference:+}"
    return f"{sum_.purchases} purchases, {points}"
