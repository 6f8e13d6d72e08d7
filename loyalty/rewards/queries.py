"""All the SQL of rewards and redemptions; `codes.py` has that of codes."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.customers.persons import exporter
from loyalty.database import Connection, Tx
from loyalty.points.book import Book
from loyalty.points.facts import RecordedAward
from loyalty.rewards import tables
from loyalty.rewards.decisions import Redeemed
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.rules import Counted
from loyalty.statements import Part, insert

_REWARD = """json_build_object('reward_id', r.reward_id, 'kind', r.kind, 'name', r.name,
  'price_points', r.price_points, 'settings', r.settings, 'active', r.active, 'edition', r.edition,
  'version', r.version, 'terms', json_build_object('stock', r.stock, 'per_member_limit', r.per_member_limit,
    'limit_per', r.limit_per, 'minimum_tier', r.minimum_tier, 'starts_on', r.starts_on, 'ends_on', r.ends_on,
    'tier_prices', r.tier_prices, 'segments', r.segments, 'description', r.description, 'position', r.position))"""
# What is out at $3: held and not run out, swept or not; or captured, and not all of it came back.
OUT = """(h.state = 'open' AND h.expires_at > $3::timestamptz OR h.state = 'captured' AND h.captured > h.returned)"""
# What was let go before anybody saw the code.
LET_GO = "(h.state IN ('released', 'timed_out') OR h.state = 'open' AND h.expires_at <= $3::timestamptz)"
_OUT_OF = f"""SELECT count(*) FROM redemption d, LATERAL (
    SELECT * FROM hold WHERE program_id = $1 AND hold_id = d.redemption_id OFFSET 0) h
  WHERE d.program_id = $1 AND d.reward_id = r.reward_id AND {OUT}"""  # noqa: S608 - our own parts
# $2: a reward, or NULL for all; $3: now; $4: a customer, who is counted with everybody merged into him.
_OFFERED = f"""
WITH RECURSIVE family (customer_id) AS (
  SELECT $4::uuid UNION SELECT c.customer_id FROM family f JOIN customer c
    ON c.program_id = $1 AND c.merged_into = f.customer_id)
SELECT coalesce(json_agg(json_build_object('reward', {_REWARD}, 'counted', json_build_object(
  'out', CASE WHEN r.stock IS NULL THEN 0 ELSE ({_OUT_OF}) END,
  'to_member', CASE WHEN r.per_member_limit IS NULL THEN 0 ELSE (
    SELECT count(*) FROM family f, LATERAL (SELECT * FROM redemption WHERE program_id = $1
      AND customer_id = f.customer_id AND recorded_at >= CASE r.limit_per WHEN 'ever' THEN '-infinity'
        ELSE date_trunc(r.limit_per, $3::timestamptz, g.timezone) END OFFSET 0) d, LATERAL (
      SELECT * FROM hold WHERE program_id = $1 AND hold_id = d.redemption_id OFFSET 0) h
    WHERE d.reward_id = r.reward_id AND {OUT}) END,
  'codes_left', CASE WHEN r.settings ->> 'source' = 'uploaded' THEN (
    SELECT count(*) FROM voucher_code v LEFT JOIN hold h ON h.program_id = $1 AND h.hold_id = v.redemption_id
    WHERE v.program_id = $1 AND v.reward_id = r.reward_id AND (v.redemption_id IS NULL OR {LET_GO})) END))
  ORDER BY r.position, r.price_points, r.name, r.reward_id), '[]')::text
FROM reward r JOIN program g ON g.program_id = $1
WHERE r.program_id = $1 AND ($2::uuid IS NULL OR r.reward_id = $2)
"""  # noqa: S608 - our own parts
_LOCK = """
SELECT 1 FROM reward WHERE program_id = $1 AND reward_id = $2 FOR NO KEY UPDATE
"""
_COUNT_OUT = f"""
SELECT ({_OUT_OF}) FROM reward r WHERE r.program_id = $1 AND r.reward_id = $2
"""  # noqa: S608 - our own parts
_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"
_AWARD = "SELECT to_json(a)::text FROM award a WHERE program_id = $1 AND award_id = $2"
_PROMISED = f"""
SELECT json_build_object('current', {_REWARD}, 'promise', json_build_object('reward_id', d.reward_id,
  'kind', d.reward ->> 'kind', 'name', d.reward ->> 'name', 'price_points', d.price_points,
  'settings', d.reward -> 'settings', 'basket_minor', d.reward -> 'basket_minor',
  'code', (SELECT code FROM voucher_code WHERE program_id = $1 AND redemption_id = d.redemption_id)))::text
FROM redemption d JOIN reward r ON r.program_id = $1 AND r.reward_id = d.reward_id
WHERE d.program_id = $1 AND d.redemption_id = $2 AND ($3::int IS NULL OR d.storefront_id = $3)
"""  # noqa: S608 - our own parts
# Two who are after the last one of something count under a version, and only one of them finds it again. Of what there
# is no end, redemptions need not wait for each other, only for an edit.
_COUNTED = (
    "UPDATE reward SET version = version + 1 WHERE program_id = $1 AND reward_id = {0} AND version = {1} RETURNING 1"
)
_AS_READ = "SELECT 1 FROM reward WHERE program_id = $1 AND reward_id = {0} AND version = {1} FOR SHARE"
_REDEMPTION = ["redemption_id", "customer_id", "storefront_id", "reward_id", "reward", "price_points", "request_id"]


class Offered(Struct, frozen=True):
    """A reward with what was counted of it, of one moment."""

    reward: RewardFacts
    counted: Counted


class Promised(Struct, frozen=True):
    """What a redemption promised, and the reward as it is now."""

    promise: RewardFacts
    current: RewardFacts


_decode = msgspec.json.Decoder(list[Offered]).decode
_decode_promised = msgspec.json.Decoder(Promised).decode
_decode_award = msgspec.json.Decoder(RecordedAward).decode


async def read_offered(
    connection: Connection,
    program_id: int,
    now: datetime,
    reward_id: UUID | None = None,
    customer_id: UUID | None = None,
) -> list[Offered]:
    """List a programme's rewards (or one), retired ones too, in the order of the catalogue; counted for a customer."""
    return _decode(await connection.fetchval(_OFFERED, program_id, reward_id, now, customer_id))


async def find_offered(
    connection: Connection, program_id: int, reward_id: UUID, now: datetime, customer_id: UUID | None = None
) -> Offered | None:
    """Find a reward, with how many of it are out; to this customer too."""
    return next(iter(await read_offered(connection, program_id, now, reward_id, customer_id)), None)


async def offered_for(tx: Tx, book: Book, reward_id: UUID, owner: UUID | None) -> Offered | None:
    """Read a reward for a decision about a customer, after the accounts; under locks when they are.

    Accounts are locked before rewards, always.
    """
    keys = (book.source.program.program_id, reward_id, book.now, owner)
    found = await find_offered(tx.connection, *keys)
    if found is None or not (tx.locked and found.reward.scarce):
        return found
    await lock(tx.connection, keys[0], reward_id)
    return await find_offered(tx.connection, *keys)


def owner_of(book: Book, customer_id: UUID | None) -> UUID | None:
    """Name the customer whom an id leads to; None where there is nobody, or nobody any more."""
    return None if customer_id not in book.accounts else book.account(customer_id).customer_id


async def lock(connection: Connection, program_id: int, reward_id: UUID) -> None:
    """Lock a reward. What is read of it is read after that."""
    await connection.execute(_LOCK, program_id, reward_id)


async def count_out(connection: Connection, program_id: int, reward_id: UUID, now: datetime) -> int:
    """Count how many of a reward are out."""
    return int(await connection.fetchval(_COUNT_OUT, program_id, reward_id, now))


async def now_of(connection: Connection, program_id: int) -> datetime:
    """Give a programme's time."""
    found: datetime = await connection.fetchval(_NOW, program_id)
    return found


async def promised(
    connection: Connection, program_id: int, redemption_id: UUID, storefront_id: int | None
) -> Promised | None:
    """Find what a redemption of a storefront (None: of any) promised."""
    found = await connection.fetchval(_PROMISED, program_id, redemption_id, storefront_id)
    return None if found is None else _decode_promised(found)


async def award(connection: Connection, program_id: int, award_id: UUID) -> RecordedAward:
    """Read an award, to give its answer again."""
    return _decode_award(await connection.fetchval(_AWARD, program_id, award_id))


def as_counted(reward: RewardFacts) -> Part:
    """Guard a decision: nobody has edited the reward since, nor taken one of what is scarce."""
    sql = _COUNTED if reward.scarce else _AS_READ
    return Part("scarce_reward" if reward.scarce else "reward", sql, [reward.reward_id, reward.version], 1)


def new_redemption(book: Book, redeemed: Redeemed, customer_id: UUID, promise: RewardFacts) -> Part:
    """Insert a redemption, with the reward as it was offered."""
    snapshot = {"kind": promise.kind, "name": promise.name, "settings": promise.settings, "edition": promise.edition}
    if promise.basket_minor is not None:
        snapshot["basket_minor"] = promise.basket_minor
    row = (
        redeemed.hold.hold_id, customer_id, book.source.storefront_id, promise.reward_id,
        msgspec.json.encode(snapshot).decode(), promise.price_points, book.source.request_id,
    )  # fmt: skip
    return insert(tables.Redemption, _REDEMPTION, [row], recorded_at=book.now)


exporter(
    "redemptions",
    "SELECT json_agg(json_build_object('redemption_id', h.hold_id, 'reward', r.reward ->> 'name', 'points', h.points,"
    " 'captured', h.captured, 'returned', h.returned, 'state', h.state, 'opened_at', h.opened_at, 'code',"
    " (SELECT code FROM voucher_code v WHERE v.program_id = $1 AND v.redemption_id = h.hold_id"
    " AND h.state = 'captured')) ORDER BY h.opened_at)"
    " FROM hold h JOIN redemption r ON r.program_id = $1 AND r.redemption_id = h.hold_id"
    " WHERE h.program_id = $1 AND h.customer_id = ANY($2::uuid[])",
)
