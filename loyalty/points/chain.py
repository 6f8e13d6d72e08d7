"""The canonical bytes of awards and entries, and the hash chain over them; version 1.

docs/decisions/0003-canonical-bytes.md describes them. They are for ever: `loyalty verify` computes them again from the
rows. Arrays in a fixed order, JSON without spaces, objects with sorted keys, instants as microseconds since 1970 in
UTC, UUIDs as 32 hexadecimal digits. They hold no personal data and no free text.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec

from loyalty.points.facts import NewEntry, RecordedAward

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = msgspec.json.Encoder(order="sorted").encode


def microseconds(instant: datetime) -> int:
    """Count the microseconds since 1970 in UTC, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def _hex(key: UUID | None) -> str | None:
    return None if key is None else key.hex


def award_digest(program_id: int, award: RecordedAward) -> str:
    """Hash one award; hexadecimal SHA-256 of its canonical bytes."""
    fields = (
        "award/1",
        program_id,
        award.award_id.hex,
        award.cause,
        _hex(award.customer_id),
        award.account_version,
        _hex(award.purchase_id),
        award.refund_id,
        _hex(award.membership_id),
        award.rules_version,
        award.basis,
        award.breakdown,
        award.facts,
        award.target,
        award.due,
        award.given,
        award.available_after,
        award.pending_after,
        award.held_after,
        award.debt_after,
        award.actor,
        award.request_id,
        microseconds(award.recorded_at),
    )
    return sha256(_encode(fields)).hexdigest()


def entry_hash(program_id: int, previous: bytes, digest: str, entry: NewEntry) -> bytes:
    """Hash an entry onto the hash before it in the same account; the first one follows 32 zero bytes."""
    fields = (
        "entry/1",
        program_id,
        entry.customer_id.hex,
        entry.seq,
        digest,
        entry.kind,
        entry.debit_code,
        entry.credit_code,
        entry.amount,
        entry.available_after,
        entry.pending_after,
        entry.held_after,
        entry.debt_after,
        entry.actor,
        entry.request_id,
        microseconds(entry.effective_at),
        microseconds(entry.recorded_at),
    )
    return sha256(previous + _encode(fields)).digest()
