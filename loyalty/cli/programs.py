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
    msg = f"{change!r} is not NAME=JSON. For example: debt='\"clamp\"' or restore_grace_days=30."
    raise Invalid(msg)


@click.group()
def rewards() -> None:
    """Offer rewards."""


@rewards.command("create")
@click.argument("name")
@click.option("--program", "program_name", required=True, help="The programme's name.")
@click.option("--price", type=int, help="How many points it costs; left out of points as a payment.")
@click.option("--amount", help="What a fixed discount takes off an order, like 5.00.")
@click.option("--kind", default="fixed_discount", show_default=True, help="What kind of reward it is.")
@click.option("--set", "settings", multiple=True, metavar="SETTING=JSON", help="A setting of its kind.")
@click.option("--term", "terms", multiple=True, metavar="TERM=JSON", help="A term: stock, per_member_limit, …")
def create_reward(
    name: str,
    program_name: str,
    price: int | None,
    amount: str | None,
    kind: str,
    settings: tuple[str, ...],
    terms: tuple[str, ...],
) -> None:
    """Offer a reward. Its id is printed.

    Settings and terms are those of `POST /v1/rewards`, amounts as text. For example: --kind free_product --set
    'sku="mug"' --set 'worth="9.90"' --term stock=50 --term 'minimum_tier="gold"'
    """
    from loyalty.cli.connections import load_settings, open_database, servers
    from loyalty.cli.storefronts import named_program
    from loyalty.rewards.actions import offer_reward
    from loyalty.rewards.wire import RewardIn

    server_settings = load_settings()
    told = dict(_read(term) for term in terms) | {"name": name, "kind": kind}
    told |= {"settings": dict(_read(setting) for setting in settings)}
    told |= {key: value for key, value in (("price_points", price), ("amount", amount)) if value is not None}
    try:
        new = msgspec.convert(told, RewardIn)
    except msgspec.ValidationError as error:
        msg = f"This reward cannot be: {error}."
        raise Invalid(msg) from None

    async def create(url: str) -> str:
        async with open_database(server_settings, url) as database:
            program = await named_program(database, program_name)
            offer = new.offer(program.digits)
            facts = {field: getattr(offer, field) for field in offer.__struct_fields__}
            async with database.writer() as connection:
                reward = await offer_reward(connection, program.program_id, **facts)
            return str(reward.reward_id)

    with servers(server_settings) as at:
        click.echo(asyncio.run(create(at.database_url)))
