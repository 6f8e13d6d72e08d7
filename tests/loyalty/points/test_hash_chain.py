"""The canonical bytes are for ever: fixed vectors, and the second implementation agrees on whatever may be hashed."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.points.chain import award_digest, entry_hash, microseconds
from loyalty.points.facts import NewEntry, RecordedAward
from loyalty.verify import canonical
from loyalty.verify.facts import AwardRow, EntryRow

AT = datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)
AWARD = RecordedAward(
    award_id=UUID(int=1),
    cause="refund",
    customer_id=UUID(int=2),
    account_version=3,
    purchase_id=UUID(int=4),
    refund_id="R-7",
    membership_id=None,
    rules_version=1,
    basis="10000/3",
    breakdown=[{"points": "100/3", "kind": "points_per_amount", "steps": "33"}],
    facts={"member": True, "kept": 3333, "goods": 10000, "reason": None},
    target=33,
    due=-67,
    given=-67,
    available_after=33,
    pending_after=0,
    held_after=0,
    debt_after=0,
    actor="key/1",
    request_id="req_1",
    recorded_at=AT,
)
AWARD_BYTES = (
    '["award/1",7,"00000000000000000000000000000001","refund","00000000000000000000000000000002",3,'
    '"00000000000000000000000000000004","R-7",null,1,"10000/3",'
    '[{"kind":"points_per_amount","points":"100/3","steps":"33"}],'
    '{"goods":10000,"kept":3333,"member":true,"reason":null},33,-67,-67,33,0,0,0,"key/1","req_1",1772323199123456]'
)
ENTRY = NewEntry(
    UUID(int=2), 5, UUID(int=1), "claw_back", "available", "clawed_back", 67, 33, 0, 0, 0, "key/1", "req_1", AT, AT
)
ENTRY_BYTES = (
    '["entry/1",7,"00000000000000000000000000000002",5,"{digest}","claw_back","available","clawed_back",67,33,0,0,0,'
    '"key/1","req_1",1772323199123456,1772323199123456]'
)


def test_the_bytes_of_an_award_are_these() -> None:
    assert award_digest(7, AWARD) == sha256(AWARD_BYTES.encode()).hexdigest()


def test_the_bytes_of_an_entry_are_these_behind_the_hash_before() -> None:
    digest = award_digest(7, AWARD)
    bytes_after = ENTRY_BYTES.replace("{digest}", digest).encode()
    assert entry_hash(7, bytes(32), digest, ENTRY) == sha256(bytes(32) + bytes_after).digest()


@pytest.mark.parametrize("field", RecordedAward.__struct_fields__)
def test_every_field_of_an_award_is_covered(field: str) -> None:
    other = {"breakdown": [{}], "facts": {}, "recorded_at": AT + timedelta(microseconds=1)}
    value = getattr(AWARD, field)
    changed = other.get(field, UUID(int=9) if isinstance(value, UUID) or value is None else 8)
    assert award_digest(7, msgspec.structs.replace(AWARD, **{field: changed})) != award_digest(7, AWARD)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), -1),
        (datetime.fromisoformat("2026-03-29T03:00:00.000001+02:00"), 1774746000000001),
    ],
)
def test_instants_are_microseconds_since_1970(instant: datetime, expected: int) -> None:
    assert microseconds(instant) == expected


# What may stand in a row: PostgreSQL knows no NUL and no half of a surrogate pair.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-(2**63), 2**63 - 1)
values = st.recursive(
    texts | numbers | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    st.dictionaries(texts, values, max_size=4),
    st.lists(st.dictionaries(texts, values, max_size=3), max_size=3),
    texts,
    numbers,
    instants,
    st.binary(min_size=32, max_size=32),
)
def test_both_implementations_write_the_same_bytes(
    facts: dict[str, object],
    breakdown: list[dict[str, object]],
    text: str,
    number: int,
    at: datetime,
    before: bytes,
) -> None:
    award = msgspec.structs.replace(
        AWARD, facts=facts, breakdown=breakdown, refund_id=text, actor=text, due=number, recorded_at=at
    )
    told = {name: getattr(award, name) for name in RecordedAward.__struct_fields__}
    # As JSONB gives it back: text, with whatever spaces and order.
    told |= {name: msgspec.json.encode(told[name]).decode() for name in ("breakdown", "facts")}
    digest = award_digest(7, award)
    assert canonical.award_digest(7, AwardRow(**told, told=True)) == digest
    entry = NewEntry(UUID(int=2), 5, UUID(int=1), text, "a", "b", number, number, 0, 0, 0, text, text, at, AT)
    row = EntryRow(**{name: getattr(entry, name) for name in NewEntry.__slots__})
    assert canonical.entry_hash(7, before, digest, row) == entry_hash(7, before, digest, entry)
