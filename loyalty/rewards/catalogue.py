"""Rewards and redemptions as the API shows them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from loyalty.database import Connection, Tx
from loyalty.errors import NotFound
from loyalty.points.reading import open_book
from loyalty.programs.facts import Source
from loyalty.rewards.decisions import chance
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.queries import now_of, owner_of, read_offered
from loyalty.rewards.standing import standing_of
from loyalty.rewards.wire import RedemptionList, RedemptionOut, RewardList, RewardOut, reward_out
from loyalty.web.bounds import decimal_text
from loyalty.web.cursors import cursor_of, place_of

_TOLD = """json_build_object('redemption_id', h.hold_id, 'reward_id', r.reward_id, 'reward', r.reward,
  'price_points', r.price_points, 'points', h.points, 'captured', h.captured, 'returned', h.returned,
  'state', CASE WHEN h.state = 'open' AND h.expires_at <= clock_timestamp() + g.clock_offset THEN 'timed_out'
    ELSE h.state END,
  'code', (SELECT code FROM voucher_code WHERE program_id = $1 AND redemption_id = h.hold_id AND h.state = 'captured'),
  'opened_at', h.opened_at, 'expires_at', h.expires_at,
  'ended_at', CASE WHEN h.state = 'open' AND h.expires_at <= clock_timestamp() + g.clock_offset THEN h.expires_at
    ELSE h.ended_at END,
  'customer_id', (SELECT a.external_id FROM customer_alias a
    WHERE a.program_id = $1 AND a.namespace = $3 AND a.customer_id = h.customer_id ORDER BY 1 LIMIT 1))"""
_FROM = """
FROM redemption r JOIN hold h ON h.program_id = $1 AND h.hold_id = r.redemption_id JOIN program g ON g.program_id = $1
WHERE r.program_id = $1 AND r.storefront_id = $4"""
_ONE = f"SELECT {_TOLD}::text {_FROM} AND r.redemption_id = $2"
# Of those who were merged into the customer, too.
_OF_CUSTOMER = f"""
WITH RECURSIVE one (customer_id) AS (
  SELECT customer_id FROM customer_alias WHERE program_id = $1 AND namespace = $3 AND external_id = $2
  UNION SELECT c.customer_id FROM one o JOIN customer c ON c.program_id = $1 AND c.merged_into = o.customer_id)
SELECT CASE WHEN EXISTS (SELECT 1 FROM one) THEN (SELECT coalesce(json_agg(f.told), '[]')::text FROM (
  SELECT {_TOLD} AS told {_FROM} AND r.customer_id IN (SELECT customer_id FROM one)
    AND ($5::uuid IS NULL OR (r.recorded_at, r.redemption_id) < (
      SELECT recorded_at, redemption_id FROM redemption WHERE program_id = $1 AND redemption_id = $5))
  ORDER BY r.recorded_at DESC, r.redemption_id DESC LIMIT $6) f) END
"""  # noqa: S608 - our own parts


class _Stored(msgspec.Struct):
    redemption_id: UUID
    reward_id: UUID
    reward: dict[str, Any]
    price_points: int
    points: int
    captured: int
    returned: int
    state: Literal["open", "captured", "released", "timed_out"]
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    customer_id: str | None
    code: str | None


_decode = msgspec.json.Decoder(_Stored).decode
_decode_all = msgspec.json.Decoder(list[_Stored]).decode


async def catalogue(connection: Connection, source: Source, customer: str | None) -> RewardList:
    """List the rewards that are offered; for a member each with its price, whether it can be redeemed, and why not."""
    found = await _read(connection, source, customer, None)
    return RewardList([told for told in found if told.active])


async def find_in_catalogue(connection: Connection, source: Source, reward_id: UUID, customer: str | None) -> RewardOut:
    """Find one reward, retired or not; for a member as in the list."""
    for told in await _read(connection, source, customer, reward_id):
        return told
    msg = f"There is no reward {reward_id}."
    raise NotFound(msg)


async def _read(
    connection: Connection, source: Source, customer: str | None, reward_id: UUID | None
) -> list[RewardOut]:
    program, digits = source.program, source.program.digits
    if customer is None:
        now = await now_of(connection, program.program_id)
        found = await read_offered(connection, program.program_id, now, reward_id)
        return [reward_out(offered.reward, digits, offered.counted) for offered in found]
    book = await open_book(Tx(connection), source, customers=[customer])
    owner = owner_of(book, book.aliases.get(customer))
    found = await read_offered(connection, program.program_id, book.now, reward_id, owner)
    standing = await standing_of(connection, program, owner, book.now, (offered.reward for offered in found))
    return [
        reward_out(
            offered.reward, digits, offered.counted, chance(book, customer, offered.reward, offered.counted, standing)
        )
        for offered in found
    ]


async def find_redemption(connection: Connection, source: Source, redemption_id: UUID) -> RedemptionOut:
    """Find a redemption of the storefront, as it stands now."""
    program = source.program
    found = await connection.fetchval(_ONE, program.program_id, redemption_id, source.namespace, source.storefront_id)
    if found is None:
        msg = f"There is no redemption {redemption_id}."
        raise NotFound(msg)
    return _shown(_decode(found), program.digits)


async def list_redemptions(
    connection: Connection, source: Source, external_id: str, limit: int, cursor: str | None
) -> RedemptionList:
    """List what a customer redeemed at the storefront, newest first."""
    keys = (source.program.program_id, external_id, source.namespace, source.storefront_id)
    found = await connection.fetchval(_OF_CUSTOMER, *keys, place_of(cursor), limit + 1)
    if found is None:
        msg = f"{external_id!r} is not known."
        raise NotFound(msg)
    data = [_shown(stored, source.program.digits) for stored in _decode_all(found)]
    more = len(data) > limit
    return RedemptionList(data[:limit], cursor_of(data[limit - 1].redemption_id) if more else None)


def _shown(stored: _Stored, digits: int) -> RedemptionOut:
    promise = stored.reward
    reward = RewardFacts(
        stored.reward_id, promise["kind"], promise["name"], stored.price_points, promise["settings"],
        basket_minor=promise.get("basket_minor"),
    )  # fmt: skip
    worth = reward.value_minor(stored.captured if stored.state == "captured" else stored.points)
    return RedemptionOut(
        redemption_id=stored.redemption_id,
        customer_id=stored.customer_id,
        reward_id=stored.reward_id,
        name=reward.name,
        state=stored.state,
        points=stored.points,
        captured=stored.captured,
        returned=stored.returned,
        value=None if worth is None else decimal_text(worth, digits),
        opened_at=stored.opened_at,
        expires_at=stored.expires_at,
        ended_at=stored.ended_at,
        code=stored.code,
    )
