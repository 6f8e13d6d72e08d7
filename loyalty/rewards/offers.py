"""The verbs of the catalogue: offer a reward, edit it, take it out and offer it again. Each edition is kept."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from loyalty.database import Connection
from loyalty.errors import EditedMeanwhile, Invalid, NotFound
from loyalty.ids import new_id
from loyalty.rewards import queries
from loyalty.rewards.kind import MOST_POINTS, RewardFacts, load
from loyalty.rewards.named import check_named
from loyalty.rewards.refusals import BelowWhatIsOut
from loyalty.rewards.terms import Terms

_LONGEST_NAME = 128
_PLAIN = ("kind", "name", "price_points", "settings", "active")
_COLUMNS = [*_PLAIN, *Terms.__struct_fields__]
_SETTINGS = frozenset({"settings", "tier_prices", "segments", "description"})
_ADD = f"""
INSERT INTO reward (program_id, reward_id, {", ".join(_COLUMNS)})
VALUES ($1, $2, {", ".join(f"${n}" for n in range(3, len(_COLUMNS) + 3))})
"""  # noqa: S608 - our own names
_CHANGE = f"""
UPDATE reward SET edition = edition + 1, version = version + 1,
  {", ".join(f"{name} = ${n}" for n, name in enumerate(_COLUMNS, 3))} WHERE program_id = $1 AND reward_id = $2
"""  # noqa: S608 - our own names
_KEEP = """
INSERT INTO reward_edition (program_id, reward_id, edition, offer, actor, request_id, recorded_at)
SELECT $1, $2, $3, $4, $5, $6, clock_timestamp() + clock_offset FROM program WHERE program_id = $1
"""


class By(Struct, frozen=True):
    """Who edits, in which request."""

    actor: str = "operator"
    request_id: str = ""


class NewOffer(Struct, frozen=True):
    """A reward as a merchant wants it offered. Of points as a payment there is no price."""

    kind: str
    name: str
    price_points: int | None
    settings: dict[str, Any]
    terms: Terms = Terms()


_OPERATOR = By()


async def offer_reward(
    connection: Connection,
    program_id: int,
    *,
    kind: str,
    name: str,
    price_points: int | None,
    settings: dict[str, Any],
    terms: Terms | None = None,
    by: By = _OPERATOR,
) -> RewardFacts:
    """Offer a reward, in a transaction; `Invalid` names what is wrong with its settings or terms."""
    reward = _checked(new_id(), NewOffer(kind, name, price_points, settings, terms or Terms()))
    async with connection.transaction():
        await check_named(connection, program_id, reward.terms)
        await connection.execute(_ADD, program_id, reward.reward_id, *_values(reward))
        await _keep(connection, program_id, reward, by)
    return reward


async def edit_reward(
    connection: Connection,
    program_id: int,
    reward_id: UUID,
    edition: int,
    new: NewOffer,
    by: By,
    check: Callable[[int], None] | None = None,
) -> RewardFacts:
    """Offer a reward otherwise from now on, in a transaction. What was redeemed stays as it was promised.

    `EditedMeanwhile` when `edition` is not the newest; `BelowWhatIsOut` when more are out than the new stock. `check`
    may refuse to replace the edition that it is told.
    """
    found = await _locked(connection, program_id, reward_id)
    if check is not None:
        check(found.edition)
    if found.edition != edition:
        msg = f"This reward was edited since: its edition is {found.edition}, not {edition}. Read it, and edit again."
        raise EditedMeanwhile(msg)
    if found.kind != new.kind:
        msg = f"A reward of kind {found.kind} stays one. Retire it, and offer another."
        raise Invalid(msg, pointer="/kind")
    reward = replace(_checked(reward_id, new), active=found.active)
    await check_named(connection, program_id, reward.terms)
    return await _change(connection, program_id, found, reward, by)


async def set_offered(
    connection: Connection, program_id: int, reward_id: UUID, by: By, *, offered: bool
) -> RewardFacts:
    """Take a reward out of the catalogue, or put it back, in a transaction; holds of it may still be captured."""
    found = await _locked(connection, program_id, reward_id)
    if found.active == offered:
        return found
    return await _change(connection, program_id, found, replace(found, active=offered), by)


async def _locked(connection: Connection, program_id: int, reward_id: UUID) -> RewardFacts:
    await queries.lock(connection, program_id, reward_id)
    offered = await queries.find_offered(
        connection, program_id, reward_id, await queries.now_of(connection, program_id)
    )
    if offered is None:
        msg = f"There is no reward {reward_id}."
        raise NotFound(msg)
    return offered.reward


async def _change(
    connection: Connection, program_id: int, found: RewardFacts, reward: RewardFacts, by: By
) -> RewardFacts:
    if reward.terms.stock is not None:
        now = await queries.now_of(connection, program_id)
        out = await queries.count_out(connection, program_id, reward.reward_id, now)
        if reward.terms.stock < out:
            msg = f"{out} of this reward are out already. Its stock can be {out} or more."
            raise BelowWhatIsOut(msg)
    changed = replace(reward, edition=found.edition + 1, version=found.version + 1)
    await connection.execute(_CHANGE, program_id, reward.reward_id, *_values(reward))
    await _keep(connection, program_id, changed, by)
    return changed


def _checked(reward_id: UUID, new: NewOffer) -> RewardFacts:
    kind = load(new.kind, new.settings)
    if not new.name.strip() or not new.name.isprintable() or len(new.name) > _LONGEST_NAME:
        msg = "A reward's name has 1 to 128 printable characters."
        raise Invalid(msg, pointer="/name")
    price = kind.listed(new.price_points)
    if not 0 < price <= MOST_POINTS:
        msg = "The price is a whole number of points, 1 or more."
        raise Invalid(msg, pointer="/price_points")
    if new.price_points is None and new.terms.tier_prices:
        msg = "What the customer chooses has no price, so none by tier."
        raise Invalid(msg, pointer="/tier_prices")
    try:
        terms = msgspec.convert(msgspec.to_builtins(new.terms), Terms)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), pointer="/") from error
    # As it will be read again, with the defaults of its kind.
    return RewardFacts(reward_id, new.kind, new.name, price, msgspec.to_builtins(kind), terms=terms)


def _values(reward: RewardFacts) -> list[object]:
    facts = {name: getattr(reward, name) for name in _PLAIN}
    facts |= {name: getattr(reward.terms, name) for name in Terms.__struct_fields__}
    return [msgspec.json.encode(facts[name]).decode() if name in _SETTINGS else facts[name] for name in _COLUMNS]


async def _keep(connection: Connection, program_id: int, reward: RewardFacts, by: By) -> None:
    """Keep what was offered, and who said so."""
    offer = {name: getattr(reward, name) for name in (*_PLAIN, "terms")}
    told = (reward.reward_id, reward.edition, msgspec.json.encode(offer).decode(), by.actor, by.request_id)
    await connection.execute(_KEEP, program_id, *told)
