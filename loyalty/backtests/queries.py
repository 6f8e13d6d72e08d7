"""All the SQL of back-tests: their own rows, and the decisions of the past as they are decided again."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from loyalty.backtests.facts import BacktestFacts, NewBacktest, Result
from loyalty.backtests.rules import Decision, Merger
from loyalty.database import Connection
from loyalty.earning.rules import RulesVersion, StoredRules

_ADD = """
INSERT INTO backtest (program_id, backtest_id, name, draft_id, rules, from_on, to_on, point_cost_minor, asked_by,
  asked_at)
SELECT program_id, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp() + clock_offset FROM program WHERE program_id = $1
"""
_COLUMNS = """backtest_id, name, draft_id, rules, from_on, to_on, point_cost_minor, state, done, total, result, error,
  asked_by, asked_at, started_at, ended_at"""
_FIND = f"""
SELECT {_COLUMNS} FROM backtest WHERE program_id = $1 AND ($2::uuid IS NULL OR backtest_id = $2)
ORDER BY backtest_id DESC LIMIT $3
"""  # noqa: S608 - a constant of this file
_UNFINISHED = "SELECT count(*) FROM backtest WHERE program_id = $1 AND state IN ('queued', 'running')"
_NOW = "(SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)"
_CANCEL = f"""
UPDATE backtest SET state = 'cancelled', run_id = NULL, ended_at = {_NOW}
WHERE program_id = $1 AND backtest_id = $2 AND state IN ('queued', 'running')
"""  # noqa: S608 - as above
# A run that was killed left nothing but its number: whoever takes a back-test over begins anew.
_TAKE = f"""
UPDATE backtest SET state = 'running', run_id = $2, done = 0, total = NULL, started_at = {_NOW}
WHERE program_id = $1 AND backtest_id IN (
  SELECT backtest_id FROM backtest WHERE program_id = $1
    AND (state = 'queued' OR ($4 AND state = 'running' AND run_id <> $2))
  ORDER BY asked_at, backtest_id LIMIT $3 FOR NO KEY UPDATE)
RETURNING {_COLUMNS}
"""  # noqa: S608 - as above
_MINE = "program_id = $1 AND backtest_id = $2 AND run_id = $3 AND state = 'running'"
_PROGRESS = f"UPDATE backtest SET done = $4, total = $5 WHERE {_MINE} RETURNING true"  # noqa: S608 - as above
_END = f"""
UPDATE backtest SET state = $4, done = $5, total = $5, result = $6, error = $7, ended_at = {_NOW} WHERE {_MINE}
"""  # noqa: S608 - as above

# Decisions lie in the order in which they were made: their ids are of the time. $2: after that one, $3: up to that one.
# $4, $5: of purchases placed from and before then.
_SCOPE = """
a.program_id = $1 AND a.award_id > $2 AND a.award_id <= $3 AND (
  (a.cause = 'merged' AND a.facts ? 'into') OR (a.purchase_id IS NOT NULL AND p.placed_at IS NOT NULL AND NOT p.test
    AND ($4::timestamptz IS NULL OR p.placed_at >= $4) AND ($5::timestamptz IS NULL OR p.placed_at < $5)))
"""
_PURCHASE = "SELECT * FROM purchase p WHERE p.program_id = $1 AND p.purchase_id = a.purchase_id OFFSET 0"
_COUNT = f"""
SELECT count(*) FROM award a
LEFT JOIN purchase p ON p.program_id = $1 AND p.purchase_id = a.purchase_id WHERE {_SCOPE}
"""  # noqa: S608 - constants of this file
_LAST = "SELECT award_id FROM award WHERE program_id = $1 ORDER BY award_id DESC LIMIT 1"
# The facts as they were told when it was decided: those that an edit has replaced since, if it has.
_AS_TOLD = ", ".join(
    f"CASE WHEN f.purchase_id IS NULL THEN p.{name} ELSE f.{name} END AS {name}"
    for name in ("placed_at", "goods_minor", "tax_minor", "shipping_minor", "reward_discount_minor", "lines")
)
# $7: the segments that the rules name.
_DECISIONS = f"""
SELECT a.award_id, a.cause, a.customer_id, a.purchase_id, a.rules_version, a.due, a.facts, {_AS_TOLD},
  a.purchase_id IS NOT NULL AND EXISTS (SELECT FROM award l WHERE l.program_id = $1 AND l.purchase_id = a.purchase_id
    AND l.award_id > a.award_id AND l.award_id <= $3) AS again,
  CASE WHEN cardinality($7::text[]) > 0 THEN ARRAY(SELECT m.segment_key FROM segment_member m
    WHERE m.program_id = $1 AND m.customer_id = a.customer_id AND m.segment_key = ANY($7)) ELSE '{{}}' END AS segments
FROM award a LEFT JOIN LATERAL ({_PURCHASE}) p ON true
LEFT JOIN LATERAL (SELECT * FROM purchase_former f WHERE p.recorded_at > a.recorded_at AND f.program_id = $1
  AND f.purchase_id = p.purchase_id AND f.recorded_at <= a.recorded_at AND a.recorded_at < f.superseded_at
  ORDER BY f.version DESC LIMIT 1) f ON true
WHERE {_SCOPE} ORDER BY a.award_id LIMIT $6
"""  # noqa: S608 - constants of this file
_VERSIONS = """
SELECT coalesce(jsonb_agg(jsonb_build_object('version', version, 'in_force_from', in_force_from, 'rules', rules)), '[]')
FROM earning_rules WHERE program_id = $1
"""
_versions = msgspec.json.Decoder(list[StoredRules]).decode
_lines = msgspec.json.Decoder(list[dict[str, Any]]).decode


class _Facts(msgspec.Struct):
    """What is wanted of an award's facts."""

    kept: int = 0
    reason: str | None = None
    policy: dict[str, Any] | None = None
    seen: dict[str, Any] | None = None
    into: UUID | None = None


_facts = msgspec.json.Decoder(_Facts).decode
NOTHING_YET = UUID(int=0)
Placed = tuple[datetime | None, datetime | None]


async def add(connection: Connection, program_id: int, backtest_id: UUID, new: NewBacktest, actor: str) -> None:
    """Insert a back-test that is to be done."""
    rules = msgspec.json.encode(new.rules).decode()
    days = (new.from_on, new.to_on, new.point_cost_minor)
    await connection.execute(_ADD, program_id, backtest_id, new.name, new.draft_id, rules, *days, actor)


async def backtests(
    connection: Connection, program_id: int, backtest_id: UUID | None = None, limit: int = 1
) -> list[BacktestFacts]:
    """Read a back-test, or the newest ones."""
    return [_told(row) for row in await connection.fetch(_FIND, program_id, backtest_id, limit)]


async def unfinished(connection: Connection, program_id: int) -> int:
    """Count those that wait or run."""
    return int(await connection.fetchval(_UNFINISHED, program_id))


async def cancel(connection: Connection, program_id: int, backtest_id: UUID) -> None:
    """End one that has not ended."""
    await connection.execute(_CANCEL, program_id, backtest_id)


async def take(connection: Connection, program_id: int, run_id: UUID, limit: int, *, left: bool) -> list[BacktestFacts]:
    """Take up to so many that wait; with `left` also those that a run before has left."""
    return [_told(row) for row in await connection.fetch(_TAKE, program_id, run_id, limit, left)]


async def progress(
    connection: Connection, program_id: int, backtest_id: UUID, run_id: UUID, done: int, total: int
) -> bool:
    """Tell how far it is; False when it was cancelled, or is another run's by now."""
    return bool(await connection.fetchval(_PROGRESS, program_id, backtest_id, run_id, done, total))


async def end(
    connection: Connection, program_id: int, backtest_id: UUID, run_id: UUID, done: int, outcome: Result | str
) -> None:
    """Write down what it came to, or why it failed."""
    failed = isinstance(outcome, str)
    told = (None, outcome) if failed else (msgspec.json.encode(outcome).decode(), None)
    await connection.execute(_END, program_id, backtest_id, run_id, "failed" if failed else "done", done, *told)


async def last_decision(connection: Connection, program_id: int) -> UUID:
    """Find the newest award."""
    found: UUID | None = await connection.fetchval(_LAST, program_id)
    return found or NOTHING_YET


async def count(connection: Connection, program_id: int, until: UUID, placed: Placed) -> int:
    """Count the decisions up to one."""
    return int(await connection.fetchval(_COUNT, program_id, NOTHING_YET, until, *placed))


async def decisions(
    connection: Connection,
    program_id: int,
    after: UUID,
    until: UUID,
    placed: Placed,
    limit: int,
    *,
    segments: list[str],
    lines: bool,
) -> list[Decision | Merger]:
    """Read the next decisions, in the order in which they were made; the lines only where they matter."""
    rows = await connection.fetch(_DECISIONS, program_id, after, until, *placed, limit, segments)
    return [_decision(row, lines=lines) for row in rows]


async def asked_segments(connection: Connection, program_id: int) -> dict[int, frozenset[str]]:
    """Tell which segments each version asked for when it decided."""
    stored = _versions(await connection.fetchval(_VERSIONS, program_id))
    return {version.version: RulesVersion(version).needs.segments for version in stored}


def _decision(row: Record, *, lines: bool) -> Decision | Merger:
    facts = _facts(row["facts"])
    if row["purchase_id"] is None:
        return Merger(row["award_id"], row["customer_id"], facts.into or NOTHING_YET)
    return Decision(
        award_id=row["award_id"],
        cause=row["cause"],
        customer_id=row["customer_id"],
        purchase_id=row["purchase_id"],
        rules_version=row["rules_version"],
        due=row["due"],
        kept_minor=facts.kept,
        reason=facts.reason,
        policy=facts.policy,
        noted=facts.seen,
        again=row["again"],
        placed_at=row["placed_at"],
        goods_minor=row["goods_minor"],
        tax_minor=row["tax_minor"],
        shipping_minor=row["shipping_minor"],
        reward_discount_minor=row["reward_discount_minor"],
        lines=_lines(row["lines"]) if lines and row["lines"] else None,
        segments=frozenset(row["segments"]),
    )


def _told(row: Record) -> BacktestFacts:
    told = dict(row)
    told["rules"] = msgspec.json.decode(row["rules"])
    told["result"] = msgspec.json.decode(row["result"], type=Result) if row["result"] else None
    return BacktestFacts(**told)
