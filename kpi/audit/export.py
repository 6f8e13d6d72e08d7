"""One programme's facts as Parquet files, in batches, with when they were known.

That is what was bought, taken back, joined and merged, how points moved, what was answered (the scores, not the words),
and what was entered for the key figures.
Instants are UTC without a mark, ids are 16 bytes, money is in minor units. Nothing in the files names a person.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loyalty.database import Connection

BATCH = 20_000


_FACTS = "purchase_id version customer_id order_id placed_at goods_minor reward_discount_minor test lined recorded_at"
_SALE = "(SELECT *, coalesce(jsonb_typeof(lines) = 'array', false) AS lined FROM {}) t WHERE program_id = $1"
_LINES = """(
  SELECT t.*, l ->> 'line_id' AS line_id, l ->> 'kind' AS kind, l ->> 'sku' AS sku,
    (l ->> 'quantity')::bigint AS quantity, (l ->> 'amount_minor')::bigint AS amount_minor,
    (l ->> 'unit_cost_minor')::bigint AS unit_cost_minor
  FROM ({}) t CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(lines) WHEN 'array' THEN lines END) l
) t WHERE program_id = $1"""
_LINES_OF_PURCHASES = """
SELECT program_id, purchase_id, version, lines FROM purchase WHERE state = 'recorded'
UNION ALL
SELECT program_id, purchase_id, version, lines FROM purchase_former WHERE placed_at IS NOT NULL"""
_ENTERED = "version withdrawn recorded_at"
# Ids and addresses stay where they are: a lead is a number, and who it became is looked up here.
_NUMBERED = "(SELECT *, dense_rank() OVER (PARTITION BY program_id ORDER BY lead_id) AS lead FROM kpi_lead) l"
_LEAD = "l.program_id, l.lead, l.version"
_WORTH = """(
  SELECT *, (cost_minor * 1000000)::bigint AS cost_micros, (breakage * 1000000)::bigint AS breakage_micros
  FROM kpi_point_cost
) t WHERE program_id = $1"""
_LEADS = f"""(
  SELECT {_LEAD}, created_at, channel, qualified, withdrawn, recorded_at FROM {_NUMBERED}
) t WHERE program_id = $1"""  # noqa: S608 - the names above
_LINKS = f"""(
  SELECT {_LEAD}, a.customer_id FROM {_NUMBERED} JOIN customer_alias a
    ON a.program_id = l.program_id AND a.namespace = l.namespace AND a.external_id = l.external_id
  UNION
  SELECT {_LEAD}, c.customer_id FROM {_NUMBERED} JOIN customer c
    ON c.program_id = l.program_id AND lower(c.email) = lower(l.email)
  UNION
  SELECT {_LEAD}, l.customer_id FROM {_NUMBERED} WHERE l.customer_id IS NOT NULL
) t WHERE program_id = $1"""  # noqa: S608 - the names above
_SETTINGS = "'settings' ->> 'worth_minor')::bigint AS worth_minor"
_REDEMPTIONS = f"""(
  SELECT *, reward ->> 'kind' AS kind, reward -> 'settings' ->> 'sku' AS sku, (reward -> {_SETTINGS} FROM redemption
) t WHERE program_id = $1"""  # noqa: S608 - the names above
_EDITIONS = f"(SELECT *, (offer -> {_SETTINGS} FROM reward_edition) t WHERE program_id = $1"  # noqa: S608 - as above
# What was made up is no answer, and nobody was asked.
_REAL = "(SELECT survey_id FROM survey WHERE program_id = $1 AND NOT simulated)"
_ASKED = f"survey_invitation WHERE program_id = $1 AND sent_at IS NOT NULL AND survey_id IN {_REAL}"
_ANSWERED = f"""survey_response WHERE program_id = $1
  AND invitation_id IN (SELECT invitation_id FROM {_ASKED})"""  # noqa: S608 - the names above
# Points captured of a redemption, or (below 0) come back, by the storefront's word or with a refund.
_REDEEMED = """(
  SELECT a.program_id, a.award_id, a.recorded_at, n.redemption_id, n.points, (SELECT min(e.effective_at) FROM entry e
    WHERE e.program_id = a.program_id AND e.customer_id = a.customer_id AND e.award_id = a.award_id
      AND e.kind IN ('capture', 'reverse')) AS effective_at
  FROM award a CROSS JOIN LATERAL (
    SELECT (a.facts ->> 'hold')::uuid AS redemption_id, (a.facts ->> 'captured')::bigint AS points
    UNION ALL SELECT (a.facts ->> 'hold')::uuid, -(a.facts ->> 'returned')::bigint
    UNION ALL SELECT key::uuid, -value::bigint FROM jsonb_each_text(a.facts -> 'restored_of')
  ) n WHERE n.points <> 0
) t WHERE program_id = $1"""
# What becomes a file, by its name: the columns, and where they are from; $1 is the programme.
TABLES = {
    "purchases": (_FACTS, f"{_SALE.format('purchase')} AND state = 'recorded'"),
    # Without `placed_at`: only a refund of it had come yet.
    "formers": (f"{_FACTS} superseded_at", f"{_SALE.format('purchase_former')} AND placed_at IS NOT NULL"),
    "lines": (
        "purchase_id version line_id kind sku quantity amount_minor unit_cost_minor",
        _LINES.format(_LINES_OF_PURCHASES),
    ),
    "refunds": ("purchase_id kind refund_id goods_minor lined refunded_at recorded_at", _SALE.format("refund")),
    "refund_lines": (
        "purchase_id refund_id line_id kind quantity",
        _LINES.format("SELECT program_id, purchase_id, refund_id, lines FROM refund WHERE kind = 'refund'"),
    ),
    "memberships": ("customer_id joined_at left_at recorded_at superseded_at", "membership WHERE program_id = $1"),
    "merges": ("customer_id merged_into merged_at", "customer WHERE program_id = $1 AND merged_into IS NOT NULL"),
    "customers": ("customer_id recorded_at erased_at", "customer WHERE program_id = $1"),
    "entries": (
        "customer_id kind debit_code credit_code amount effective_at recorded_at",
        "entry WHERE program_id = $1",
    ),
    "redemptions": ("redemption_id reward_id kind sku worth_minor price_points", _REDEMPTIONS),
    "editions": ("reward_id edition worth_minor recorded_at", _EDITIONS),
    "redeemed": ("redemption_id award_id points effective_at recorded_at", _REDEEMED),
    "tier_changes": ("customer_id seq tier_to effective_at recorded_at", "tier_change WHERE program_id = $1"),
    "spend": (f"spend_id kind booked_on amount_minor {_ENTERED}", "kpi_spend WHERE program_id = $1"),
    "unit_costs": (f"sku from_on unit_cost_minor {_ENTERED}", "kpi_unit_cost WHERE program_id = $1"),
    "point_costs": (
        f"from_on cost_micros breakage_micros {_ENTERED}",
        _WORTH,
    ),
    "leads": (f"lead created_at channel qualified {_ENTERED}", _LEADS),
    "lead_links": ("lead version customer_id", _LINKS),
    "referrals": (
        "referral_id friend_id referrer_id state reason claimed_at ended_at recorded_at",
        "referral WHERE program_id = $1",
    ),
    "shares": ("customer_id shared_at recorded_at", "referral_share WHERE program_id = $1"),
    "invitations": (
        "invitation_id customer_id respondent_id member sent_at",
        _ASKED,
    ),
    "answers": ("invitation_id score member rewarded first_scored_at", _ANSWERED),
    "answer_changes": ("change_id invitation_id kind score recorded_at", "survey_change WHERE program_id = $1"),
}
_IDS = {"purchase_id", "customer_id", "merged_into", "redemption_id", "reward_id", "award_id", "referral_id"}
_IDS |= {"friend_id", "referrer_id", "invitation_id", "respondent_id", "change_id"}


async def export(connection: Connection, program_id: int, folder: Path) -> Mapping[str, int]:
    """Write every table; in a transaction that the caller has opened. Tells how many rows each has."""
    return {
        name: await _write(connection, program_id, columns, source, folder / f"{name}.parquet")
        for name, (columns, source) in TABLES.items()
    }


async def _write(connection: Connection, program_id: int, columns: str, source: str, file: Path) -> int:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    wanted = ", ".join(map(_as_sent, columns.split()))
    statement = await connection.prepare(f"SELECT {wanted} FROM {source}")  # noqa: S608 - the names above
    schema = pa.schema([(one.name, _type(pa, one.name, one.type.name)) for one in statement.get_attributes()])
    cursor = await statement.cursor(program_id)
    written = 0
    with ParquetWriter(file, schema) as writer:
        while rows := await cursor.fetch(BATCH):
            await asyncio.to_thread(_append, writer, schema, rows)
            written += len(rows)
    return written


def _as_sent(column: str) -> str:
    """Have ids sent as bytes and instants as microseconds: as Python's own objects they would take longer than all."""
    if column in _IDS:
        return f"uuid_send({column}) AS {column}"
    return f"(extract(epoch FROM {column}) * 1000000)::bigint AS {column}" if column.endswith("_at") else column


def _type(pa: Any, name: str, kind: str) -> object:  # noqa: ANN401 - a module that is there or not
    """Give a column's type; what ends in `_at` came as microseconds and is an instant."""
    if name.endswith("_at"):
        return pa.timestamp("us")
    types = {"bytea": pa.binary(), "int8": pa.int64(), "int4": pa.int32(), "bool": pa.bool_(), "date": pa.date32()}
    return types.get(kind, pa.string())


def _append(writer: Any, schema: Any, rows: Sequence[Any]) -> None:  # noqa: ANN401 - as above
    import pyarrow as pa

    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, type=kind) for column, kind in zip(columns, schema.types, strict=True)]
    writer.write_batch(pa.record_batch(arrays, schema=schema))
