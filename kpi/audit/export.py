"""One programme's facts as Parquet files, in batches: what was bought, taken back, joined and merged, and when known.

Instants are UTC without a mark, ids are 16 bytes, money is in minor units. Nothing in the files names a person.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loyalty.database import Connection

BATCH = 20_000


_FACTS = "purchase_id customer_id order_id placed_at goods_minor reward_discount_minor test recorded_at"
# What becomes a file, by its name: the columns, and where they are from; $1 is the programme.
TABLES = {
    "purchases": (_FACTS, "purchase WHERE program_id = $1 AND state = 'recorded'"),
    # Without `placed_at`: only a refund of it had come yet.
    "formers": (f"{_FACTS} superseded_at", "purchase_former WHERE program_id = $1 AND placed_at IS NOT NULL"),
    "refunds": ("purchase_id kind goods_minor refunded_at recorded_at", "refund WHERE program_id = $1"),
    "memberships": ("customer_id joined_at left_at recorded_at superseded_at", "membership WHERE program_id = $1"),
    "merges": ("customer_id merged_into merged_at", "customer WHERE program_id = $1 AND merged_into IS NOT NULL"),
    "customers": ("customer_id recorded_at erased_at", "customer WHERE program_id = $1"),
}
_IDS = {"purchase_id", "customer_id", "merged_into"}


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
    return {"bytea": pa.binary(), "int8": pa.int64(), "bool": pa.bool_()}.get(kind, pa.string())


def _append(writer: Any, schema: Any, rows: Sequence[Any]) -> None:  # noqa: ANN401 - as above
    import pyarrow as pa

    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, type=kind) for column, kind in zip(columns, schema.types, strict=True)]
    writer.write_batch(pa.record_batch(arrays, schema=schema))
