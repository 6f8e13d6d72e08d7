"""All the SQL of rewards and redemptions."""

from uuid import UUID

import msgspec

from loyalty.customers.persons import exporter
from loyalty.database import Connection
from loyalty.points.book import Book
from loyalty.points.facts import RecordedAward
from loyalty.rewards import tables
from loyalty.rewards.decisions import Redeemed
from loyalty.rewards.kind import RewardFacts
from loyalty.statements import Part, insert

_REWARDS = """
SELECT coalesce(json_agg(json_build_object('reward_id', reward_id, 'kind', kind, 'name', name,
  'price_points', price_points, 'settings', settings, 'active', active)
  ORDER BY price_points, name, reward_id), '[]')::text
FROM reward WHERE program_id = $1 AND ($2::uuid IS NULL OR reward_id = $2)
"""
_ADD = """
INSERT INTO reward (program_id, reward_id, kind, name, price_points, settings) VALUES ($1, $2, $3, $4, $5, $6)
"""
_AWARD = "SELECT to_json(a)::text FROM award a WHERE program_id = $1 AND award_id = $2"
_PROMISED = """
SELECT json_build_object('reward_id', reward_id, 'kind', reward ->> 'kind', 'name', reward ->> 'name',
  'price_points', price_points, 'settings', reward -> 'settings')::text
FROM redemption WHERE program_id = $1 AND redemption_id = $2 AND ($3::int IS NULL OR storefront_id = $3)
"""
_decode = msgspec.json.Decoder(list[RewardFacts]).decode
_decode_one = msgspec.json.Decoder(RewardFacts).decode
_decode_award = msgspec.json.Decoder(RecordedAward).decode
_REDEMPTION = ["redemption_id", "customer_id", "storefront_id", "reward_id", "reward", "price_points", "request_id"]


async def rewards(connection: Connection, program_id: int) -> list[RewardFacts]:
    """List a programme's rewards, cheapest first."""
    return _decode(await connection.fetchval(_REWARDS, program_id, None))


async def find_reward(connection: Connection, program_id: int, reward_id: UUID) -> RewardFacts | None:
    """Find a reward."""
    found = _decode(await connection.fetchval(_REWARDS, program_id, reward_id))
    return found[0] if found else None


async def add_reward(connection: Connection, program_id: int, reward: RewardFacts) -> None:
    """Insert a reward."""
    settings = msgspec.json.encode(reward.settings).decode()
    told = (reward.reward_id, reward.kind, reward.name, reward.price_points, settings)
    await connection.execute(_ADD, program_id, *told)


async def promised(
    connection: Connection, program_id: int, redemption_id: UUID, storefront_id: int | None
) -> RewardFacts | None:
    """Find what a redemption of a storefront (None: of any) promised."""
    found = await connection.fetchval(_PROMISED, program_id, redemption_id, storefront_id)
    return None if found is None else _decode_one(found)


async def award(connection: Connection, program_id: int, award_id: UUID) -> RecordedAward:
    """Read an award, to give its answer again."""
    return _decode_award(await connection.fetchval(_AWARD, program_id, award_id))


def new_redemption(book: Book, redeemed: Redeemed, customer_id: UUID, reward: RewardFacts) -> Part:
    """Insert a redemption, with the reward as it was offered."""
    snapshot = {"kind": reward.kind, "name": reward.name, "settings": reward.settings}
    row = (
        redeemed.hold.hold_id, customer_id, book.source.storefront_id, reward.reward_id,
        msgspec.json.encode(snapshot).decode(), reward.price_points, book.source.request_id,
    )  # fmt: skip
    return insert(tables.Redemption, _REDEMPTION, [row], recorded_at=book.now)


exporter(
    "redemptions",
    "SELECT json_agg(json_build_object('redemption_id', h.hold_id, 'reward', r.reward ->> 'name', 'points', h.points,"
    " 'captured', h.captured, 'returned', h.returned, 'state', h.state, 'opened_at', h.opened_at) ORDER BY h.opened_at)"
    " FROM hold h JOIN redemption r ON r.program_id = $1 AND r.redemption_id = h.hold_id"
    " WHERE h.program_id = $1 AND h.customer_id = ANY($2::uuid[])",
)
