"""What staff see of rewards and do with them, each as one edge. A form sent twice does it once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from loyalty.database import Connection, Database, Tx
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.idempotency.rules import fingerprint
from loyalty.programs.facts import ProgramFacts
from loyalty.rewards.codes import add_codes
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.offers import By, NewOffer, edit_reward, offer_reward, set_offered
from loyalty.rewards.queries import OUT, now_of, read_offered
from loyalty.rewards.rules import left_of

PAGE = 50
# So many redemptions of a reward are looked at, the newest; of a reward with more it is said that there are more.
_LOOKED_AT = 2_000
_NUMBERS = f"""
SELECT r.reward_id, n.out, n.looked_at > $4 AS more, n.last_at FROM reward r CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE {OUT}) AS out, count(*) AS looked_at, max(d.recorded_at) AS last_at
  FROM (SELECT redemption_id, recorded_at FROM redemption WHERE program_id = $1 AND reward_id = r.reward_id
    ORDER BY recorded_at DESC LIMIT $4 + 1) d, LATERAL (
    SELECT * FROM hold WHERE program_id = $1 AND hold_id = d.redemption_id OFFSET 0) h) n
WHERE r.program_id = $1 AND ($2::uuid IS NULL OR r.reward_id = $2)
"""  # noqa: S608 - our own parts
_TAKERS = """
SELECT coalesce(json_agg(t), '[]')::text FROM (
  SELECT d.redemption_id, coalesce(c.merged_into, c.customer_id) AS customer_id, c.name, c.email,
    (SELECT a.external_id FROM customer_alias a WHERE a.program_id = $1 AND a.customer_id = c.customer_id
      ORDER BY 1 LIMIT 1) AS shop_id, d.recorded_at, h.points, h.captured, h.returned,
    CASE WHEN h.state = 'open' AND h.expires_at <= $3 THEN 'timed_out' ELSE h.state END AS state,
    (SELECT v.code FROM voucher_code v WHERE v.program_id = $1 AND v.redemption_id = d.redemption_id
      AND h.state = 'captured') AS code
  FROM redemption d JOIN hold h ON h.program_id = $1 AND h.hold_id = d.redemption_id
    JOIN customer c ON c.program_id = $1 AND c.customer_id = d.customer_id
  WHERE d.program_id = $1 AND d.reward_id = $2
    AND ($4::uuid IS NULL OR (d.recorded_at, d.redemption_id) < (SELECT recorded_at, redemption_id FROM redemption
      WHERE program_id = $1 AND redemption_id = $4))
  ORDER BY d.recorded_at DESC, d.redemption_id DESC LIMIT $5) t
"""


class RewardSeen(Struct, frozen=True):
    """A reward with its numbers: how many are out (`more`: at least), are left (None: no end), and when it was last."""

    reward: RewardFacts
    out: int = 0
    left: int | None = None
    codes_left: int | None = None
    more: bool = False
    last_at: datetime | None = None


class Taker(Struct, frozen=True):
    """Somebody who asked for a reward, and what became of it."""

    redemption_id: UUID
    customer_id: UUID
    name: str | None
    email: str | None
    shop_id: str | None
    recorded_at: datetime
    points: int
    captured: int
    returned: int
    state: Literal["open", "captured", "released", "timed_out"]
    code: str | None


class Takers(Struct, frozen=True):
    """A page of those who asked for a reward, newest first; `more`: there are others after them."""

    seen: RewardSeen
    takers: list[Taker]
    more: bool


class ByForm(Struct, frozen=True):
    """Who sent which form. `key` is the form's own: sending it twice does it once."""

    user_id: UUID
    request_id: str
    key: str


class Done(Struct, frozen=True):
    """What came of it; `code` is the lasting code of a refusal. Of codes: how many came in, and how many were known."""

    reward_id: UUID | None = None
    code: str = ""
    added: int = 0
    known: int = 0


_decode = msgspec.json.Decoder(Done).decode
_decode_takers = msgspec.json.Decoder(list[Taker]).decode


@dataclass(frozen=True, slots=True)
class StaffRewards:
    """The verbs behind the panel's pages about rewards."""

    database: Callable[[], Database]

    async def listed(self, program: ProgramFacts, *, counted: bool = True) -> list[RewardSeen]:
        """List the rewards in the order of the catalogue, retired ones last; uncounted for who needs their names."""
        async with self.database().reader() as connection:
            found = await _seen(connection, program, None, counted=counted)
        return sorted(found, key=lambda one: not one.reward.active)

    async def seen(
        self, program: ProgramFacts, reward_id: UUID, after: UUID | None = None, *, whole: bool = False
    ) -> Takers | None:
        """Read a reward and a page of those who asked for it, or all; None when there is none."""
        limit = None if whole else PAGE + 1
        async with self.database().reader() as connection:
            found = await _seen(connection, program, reward_id)
            if not found:
                return None
            now = await now_of(connection, program.program_id)
            told = (program.program_id, reward_id, now, after, limit)
            takers = _decode_takers(await connection.fetchval(_TAKERS, *told))
        return Takers(found[0], takers if whole else takers[:PAGE], not whole and len(takers) > PAGE)

    async def offer(self, program: ProgramFacts, form: ByForm, new: NewOffer) -> Done:
        """Offer a reward."""
        told = {name: getattr(new, name) for name in new.__struct_fields__}

        async def verb(connection: Connection) -> Done:
            made = await offer_reward(connection, program.program_id, **told, by=_by(form))
            return Done(made.reward_id)

        return await self._once(program, form, "panel-reward/1", new, verb)

    async def edit(self, program: ProgramFacts, form: ByForm, reward_id: UUID, edition: int, new: NewOffer) -> Done:
        """Offer a reward otherwise from now on."""

        async def verb(connection: Connection) -> Done:
            await edit_reward(connection, program.program_id, reward_id, edition, new, _by(form))
            return Done(reward_id)

        return await self._once(program, form, f"panel-reward-edit/1/{reward_id}/{edition}", new, verb)

    async def set_offered(self, program: ProgramFacts, form: ByForm, reward_id: UUID, *, offered: bool) -> Done:
        """Retire a reward, or offer it again."""

        async def verb(connection: Connection) -> Done:
            await set_offered(connection, program.program_id, reward_id, _by(form), offered=offered)
            return Done(reward_id)

        return await self._once(program, form, f"panel-reward-offered/1/{reward_id}", offered, verb)

    async def add_codes(self, program: ProgramFacts, form: ByForm, reward_id: UUID, codes: list[str]) -> Done:
        """Put codes into the pool of a reward."""

        async def verb(connection: Connection) -> Done:
            done = await add_codes(connection, program.program_id, reward_id, codes)
            return Done(reward_id, added=done.added, known=len(done.duplicates))

        return await self._once(program, form, f"panel-codes/1/{reward_id}", codes, verb)

    async def _once(
        self,
        program: ProgramFacts,
        form: ByForm,
        operation: str,
        body: object,
        verb: Callable[[Connection], Awaitable[Done]],
    ) -> Done:
        told = fingerprint(operation, body)
        once = Once(program.program_id, f"user/{form.user_id}", form.key, told, form.request_id)

        async def pinned(tx: Tx, keyed: Once) -> tuple[int, bytes]:
            answer = msgspec.json.encode(await verb(tx.connection))
            await pin_alone(tx.connection, keyed, 200, answer, None)
            return 200, answer

        answered = await write_once(self.database(), once, pinned, whole=True)
        return _decode(answered.pinned.body)


async def _seen(
    connection: Connection, program: ProgramFacts, reward_id: UUID | None, *, counted: bool = True
) -> list[RewardSeen]:
    program_id = program.program_id
    now = await now_of(connection, program_id)
    told = (program_id, reward_id, now, _LOOKED_AT)
    numbers = {row["reward_id"]: row for row in await connection.fetch(_NUMBERS, *told)} if counted else {}
    found = []
    for offered in await read_offered(connection, program_id, now, reward_id):
        row = numbers.get(offered.reward.reward_id)
        seen = RewardSeen(
            offered.reward, left=left_of(offered.reward, offered.counted), codes_left=offered.counted.codes_left
        )
        if row is not None:
            # Of what is scarce all that is out was counted for what is left.
            scarce = offered.reward.terms.stock is not None
            out = offered.counted.out if scarce else row["out"]
            seen = replace(seen, out=out, more=row["more"] and not scarce, last_at=row["last_at"])
        found.append(seen)
    return found


def _by(form: ByForm) -> By:
    return By(f"user:{form.user_id}", form.request_id)
