"""What makes two requests the same: (operation, body) beside (operation, body); and what a key may look like."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from loyalty.idempotency.refusals import KeyMalformed
from loyalty.idempotency.rules import checked_key, fingerprint

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Asked(msgspec.Struct):
    """A request as a door decodes it."""

    points: int
    at: datetime = NOON
    note: str | None = None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"x": {"a": 1, "b": 2}}, {"x": {"b": 2, "a": 1}}, True),
        (Asked(1), Asked(1, NOON.astimezone(timezone(timedelta(hours=5)))), True),
        ([Asked(1)], [Asked(1, NOON.astimezone(timezone(timedelta(hours=5))))], True),
        (Asked(1), Asked(1, note=None), True),
        (Asked(1), Asked(2), False),
        (Asked(1), Asked(1, NOON + timedelta(microseconds=1)), False),
        (Asked(1), Asked(1, note=""), False),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": Decimal("84.00")}, {"a": Decimal("84.01")}, False),
        ({"a": UUID(int=1)}, {"a": UUID(int=2)}, False),
        ({"a": None}, {}, False),
        (["ab", "c"], ["a", "bc"], False),
        (None, {}, False),
    ],
)
def test_what_matters_makes_the_request(one: Any, other: Any, same: bool) -> None:  # noqa: ANN401, FBT001
    assert (fingerprint("gift/1", one) == fingerprint("gift/1", other)) is same


def test_another_operation_is_another_request() -> None:
    assert fingerprint("gift/1", {}) != fingerprint("gift/2", {})
    assert fingerprint("gift", ["a"]) != fingerprint("gifta", [])


def test_fingerprints_stay_the_same_in_later_versions() -> None:
    """Keys are for ever: a fingerprint computed otherwise would refuse a retry across an upgrade."""
    known = "5bd12b64f7744acfdb74f8902e9f34b1f7adffc16a01da8949caf6c0bee6c411"
    assert fingerprint("gift/1", Asked(7, note="é")).hex() == known


@pytest.mark.parametrize("key", ["a", "x" * 255, "!", "~", "0f8fad5b-d9cd-469f-a165-70867728950e", "till-7/42,a"])
def test_a_key_is_visible_ascii(key: str) -> None:
    assert checked_key([key]) == key
    assert checked_key([key, key]) == key


@pytest.mark.parametrize("told", [[], [""], ["x" * 256], ["a b"], ["a\tb"], ["é"], ["a\n"], ["a\x7f"], ["a", "b"]])
def test_anything_else_is_refused_with_a_way_out(told: list[str]) -> None:
    with pytest.raises(KeyMalformed, match="1 to 255 visible ASCII"):
        checked_key(told)
