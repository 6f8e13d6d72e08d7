"""What a merchant sets up of a programme: its policies, and its rewards."""

import asyncio
from typing import Any

import click
import msgspec

from loyalty.errors import Invalid


@click.command("policies")
@click.argument("name")
@click.option("--set", "changes", multiple=True, metavar="POLICY=JSON", help="Change one; `null` sets it back.")
def policies(name: str, changes: tuple[str, ...]) -> None:
    """Show a programme's policies, or change some; what was decided before stays as it is.

    For example: --set 'expiry={"kind": "months", "months": 12}' --set 'debt="clamp"'
    """
    from loyalty.cli.connections import load_settings, open_database, servers
    from loyalty.programs.actions import set_policies

    settings, told = load_settings(), dict(_read(change) for change in changes)

    async def change(url: str) -> Any:  # noqa: ANN401 - JSON
        async with open_database(settings, url) as database, database.session() as session:
            return await set_policies(session, name, told)

    with servers(settings) as at:
        found = asyncio.run(change(at.database_url))
    every = {field: msgspec.to_builtins(getattr(found, field)) for field in found.__struct_fields__}
    click.echo(msgspec.json.format(msgspec.json.encode(every), indent=2).decode())


def _read(change: str) -> tuple[str, Any]:
    name, mark, value = change.partition("=")
    try:
        if mark:
            return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        pass
    msg = f"{change!r} is not POLICY=JSON. For example: debt='\"clamp\"' or restore_grace_days=30."
    raise Invalid(msg)


@click.group()
def rewards() -> None:
    """Offer rewards."""


@rewards.command("create")
@click.argument("name")
@click.option("--program", "program_name", required=True, help="The programme's name.")
@click.option("--price", type=int, required=True, help="How many points it costs.")
@click.option("--amount", required=True, help="What it takes off an order, like 5.00.")
def create_reward(name: str, program_name: str, price: int, amount: str) -> None:
    """Offer an amount off an order. Its id is printed."""
    from loyalty.cli.connections import load_settings, open_database, servers
    from loyalty.cli.storefronts import named_program
    from loyalty.rewards.actions import offer_reward
    from loyalty.web.bounds import Money, minor_units

    settings = load_settings()
    try:
        told = msgspec.convert(amount, Money)
    except msgspec.ValidationError:
        msg = f"{amount!r} is not an amount. Write it like 5.00."
        raise Invalid(msg, pointer="/amount") from None

    async def create(url: str) -> str:
        async with open_database(settings, url) as database:
            program = await named_program(database, program_name)
            off = {"amount_minor": minor_units(told, program.digits, "/amount")}
            async with database.writer() as connection:
                reward = await offer_reward(
                    connection,
                    program.program_id,
                    kind="fixed_discount",
                    name=name,
                    price_points=price,
                    settings=off,
                )
            return str(reward.reward_id)

    with servers(settings) as at:
        click.echo(asyncio.run(create(at.database_url)))
