"""The canonical bytes of awards and entries, version 1, written down a second time.

From docs/decisions/0003-canonical-bytes.md, with the standard library only, and sharing nothing with
`loyalty/points/chain.py`: two that agree by accident do not agree for long.
"""

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from json import JSONDecoder, JSONEncoder
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from uuid import UUID

from loyalty.verify.facts import AwardRow, EntryRow

# The first entry of an account follows these, and the first seal of a programme.
NOTHING_BEFORE = b"\0" * 32
_YEAR_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_encoder = JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_json = _encoder.encode
# What `encode` makes anew for every call, which takes longer than the call.
_chunks = c_make_encoder(None, _encoder.default, encode_basestring, None, ":", ",", True, False, True)  # noqa: FBT003
_read = JSONDecoder().raw_decode
# Actors, requests, kinds and codes come again and again, and so does what purchases of one size earned.
_text = lru_cache(4096)(_json)
_NULL = "null"


def award_digest(program_id: int, award: AwardRow) -> str:
    """Hash an award's bytes; 64 hexadecimal digits, which stand in the bytes of its entries."""
    (
        customer_id, award_id, cause, account_version, purchase_id, refund_id, membership_id, rules_version, basis,
        breakdown, facts, target, due, given, available, pending, held, debt, actor, request_id, recorded_at, _,
    ) = award  # fmt: skip
    line = (
        f'["award/1",{program_id},"{award_id.hex}",{_text(cause)},{_hex(customer_id)},'
        f"{_NULL if account_version is None else account_version},"
        f"{_hex(purchase_id)},{_text(refund_id)},{_hex(membership_id)},"
        f"{_NULL if rules_version is None else rules_version},{_text(basis)},"
        f"{_breakdown(breakdown)},{'{}' if facts == '{}' else _canonical(facts)},{target},{due},{given},"
        f"{_NULL if available is None else available},{_NULL if pending is None else pending},"
        f"{_NULL if held is None else held},{_NULL if debt is None else debt},"
        f"{_text(actor)},{_text(request_id)},{since_1970(recorded_at)}]"
    )
    return sha256(line.encode()).hexdigest()


def entry_hash(program_id: int, before: bytes, digest: str, entry: EntryRow) -> bytes:
    """Hash an entry's bytes onto the 32 bytes of the entry before it."""
    (
        customer_id, seq, _, kind, debit_code, credit_code, amount, available, pending, held, debt, actor, request_id,
        effective_at, recorded_at, _,
    ) = entry  # fmt: skip
    line = (
        f'["entry/1",{program_id},"{customer_id.hex}",{seq},"{digest}",{_text(kind)},{_text(debit_code)},'
        f"{_text(credit_code)},{amount},{available},{pending},{held},{debt},{_text(actor)},{_text(request_id)},"
        f"{since_1970(effective_at)},{since_1970(recorded_at)}]"
    )
    return sha256(before + line.encode()).digest()


def head_line(customer_id: UUID, seq: int, entry: bytes) -> str:
    """Write the head of an account as a seal covers it."""
    return f'["{customer_id.hex}",{seq},"{entry.hex()}"]'


def seal_hash(
    program_id: int, before: bytes, number: int, cut_at: datetime, accounts: int, awards: int, root: bytes
) -> bytes:
    """Hash a seal's bytes onto the 32 bytes of the seal before it."""
    line = f'["seal/1",{program_id},{number},{since_1970(cut_at)},{accounts},{awards},"{root.hex()}"]'
    return sha256(before + line.encode()).digest()


def _hex(key: UUID | None) -> str:
    return f'"{key.hex}"' if key else "null"


def _canonical(text: str) -> str:
    """Write JSON as PostgreSQL gives it in the canonical form."""
    return "".join(_chunks(_read(text)[0], 0))


_breakdown = lru_cache(4096)(_canonical)


def since_1970(instant: datetime) -> int:
    """Count microseconds, exactly: a float of seconds has too few bits for them."""
    passed = instant - _YEAR_1970
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
