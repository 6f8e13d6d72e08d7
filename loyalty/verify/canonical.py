"""The canonical bytes of awards and entries, version 1, written down a second time.

From docs/decisions/0003-canonical-bytes.md, with the standard library only, and sharing nothing with
`loyalty/points/chain.py`: two that agree by accident do not agree for long.
"""

from datetime import UTC, datetime
from hashlib import sha256
from json import JSONEncoder, loads
from uuid import UUID

from loyalty.verify.facts import AwardRow, EntryRow

# The first entry of an account follows these.
NOTHING_BEFORE = b"\0" * 32
_YEAR_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_text = JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def award_digest(program_id: int, award: AwardRow) -> str:
    """Hash an award's bytes; 64 hexadecimal digits, which stand in the bytes of its entries."""
    fields = [
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
        loads(award.breakdown),
        loads(award.facts),
        award.target,
        award.due,
        award.given,
        award.available_after,
        award.pending_after,
        award.held_after,
        award.debt_after,
        award.actor,
        award.request_id,
        _since_1970(award.recorded_at),
    ]
    return sha256(_text(fields).encode()).hexdigest()


def entry_hash(program_id: int, before: bytes, digest: str, entry: EntryRow) -> bytes:
    """Hash an entry's bytes onto the 32 bytes of the entry before it."""
    fields = [
        "entry/1",
        program_id,
        entry.customer_id.hex,
        entry.seq,
        digest,
        entry.kind,
        entry.debit_code,
        entry.credit_code,
        entry.amount,
        *entry.after,
        entry.actor,
        entry.request_id,
        _since_1970(entry.effective_at),
        _since_1970(entry.recorded_at),
    ]
    return sha256(before + _text(fields).encode()).digest()


def _hex(key: UUID | None) -> str | None:
    return key.hex if key else None


def _since_1970(instant: datetime) -> int:
    """Count microseconds, exactly: a float of seconds has too few bits for them."""
    passed = instant - _YEAR_1970
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
