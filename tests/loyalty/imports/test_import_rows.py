"""The header, and what a row says by it."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from loyalty.imports.files import Row
from loyalty.imports.header import BadHeader, layout_of
from loyalty.imports.kind import KINDS, ImportKind
from loyalty.imports.rules import Reader, Staged
from loyalty.members.decisions import NewMembership
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.facts import NewPurchase, NewRefund

AT = "2026-01-02T10:00:00Z"


def kind_of(name: str) -> type[ImportKind]:
    found = KINDS.find(name)
    assert found is not None
    return found


def row(*fields: str, line: int = 2, last: int = 0) -> Row:
    return Row(line, last or line, list(fields))


@pytest.fixture
def stage(euros: ProgramFacts) -> Callable[..., Staged]:
    """Decide one row under a header."""

    def decide(kind: str, header: str, *fields: str) -> Staged:
        found = kind_of(kind)
        return Reader(found, euros, layout_of(row(*header.split(","), line=1), found)).stage(row(*fields))

    return decide


@pytest.mark.parametrize(
    ("kind", "header", "fields", "expected"),
    [
        (
            "purchases",
            "order_id,customer_id,placed_at,goods",
            ("1", "a", AT, "12.50"),
            {"order_id": "1", "external_id": "a", "placed_at": AT, "goods_minor": 1250, "currency": "EUR"},
        ),
        (
            "purchases",
            "net_cents,placed_at,customer_id,order_id,test,channel,discount,tax,shipping,reward_discount",
            ("500", AT, "", "1", "true", "web", "1.00", "0.50", "4.90", "5.00"),
            {
                "order_id": "1",
                "placed_at": AT,
                "goods_minor": 500,
                "currency": "EUR",
                "test": True,
                "channel": "web",
                "discount_minor": 100,
                "tax_minor": 50,
                "shipping_minor": 490,
                "reward_discount_minor": 500,
            },
        ),
        (
            "purchases",
            "order_id,customer_id,placed_at,goods,currency,delivered_at,source_updated_at,referral_code",
            ("1", "a", AT, "1", "USD", AT, AT, "R1"),
            {
                "order_id": "1",
                "external_id": "a",
                "placed_at": AT,
                "goods_minor": 100,
                "currency": "USD",
                "delivered_at": AT,
                "source_updated_at": AT,
                "referral_code": "R1",
            },
        ),
        (
            "refunds",
            "order_id,refund_id,refunded_at,net_cents",
            ("1", "r", AT, "250"),
            {"order_id": "1", "refund_id": "r", "refunded_at": AT, "goods_minor": 250},
        ),
        ("members", "customer_id,joined_at", ("a", AT), {"external_id": "a", "joined_at": AT}),
        (
            "members",
            "customer_id,joined_at,left_at,email,name,language",
            ("a", AT, "2026-02-02T10:00:00Z", "a@b.fr", "Zoé", "fr"),
            {
                "external_id": "a",
                "joined_at": AT,
                "left_at": "2026-02-02T10:00:00Z",
                "profile": {"email": "a@b.fr", "name": "Zoé", "language": "fr"},
            },
        ),
    ],
)
def test_a_good_row_says_what_the_verb_takes(
    stage: Callable[..., Staged], kind: str, header: str, fields: tuple[str, ...], expected: dict[str, Any]
) -> None:
    line, at, external_id, item, code, *why = stage(kind, header, *fields)
    assert (line, code, why) == (2, None, [None, None, None])
    assert at is not None
    assert at.isoformat() == "2026-01-02T10:00:00+00:00"
    assert external_id == {"purchases": "1", "refunds": "1/r", "members": "a"}[kind]
    assert item is not None
    assert msgspec.json.decode(item) == expected
    shape = {"purchases": NewPurchase, "refunds": NewRefund, "members": NewMembership}[kind]
    assert isinstance(msgspec.json.decode(item, type=kind_of(kind).shape), shape)


@pytest.mark.parametrize(
    ("fields", "external_id", "code", "part"),
    [
        (("", "a", AT, "1"), "", "missing_value", "order_id is empty"),
        (("1", "a", "", "1"), "1", "missing_value", "placed_at is empty"),
        (("1", "a", AT, ""), "1", "missing_value", "goods is empty"),
        (("1", "a", AT), "1", "wrong_number_of_fields", "3 fields, but the header has 4"),
        (("1", "a", AT, "1", "2"), "1", "wrong_number_of_fields", "5 fields, but the header has 4"),
        (("1", "a\0", AT, "1"), "1", "nul_character", "NUL"),
        (("1\udce9", "a", AT, "1"), "1\ufffd", "bad_encoding", "not UTF-8"),
        (("x" * 999, "a", AT, "1"), "x" * 257, "bad_id", "order_id: "),
        (("1", "a", "2026-01-02T10:00:00", "1.234"), "1", "no_offset", "; goods: '1.234' has more decimals"),
    ],
)
def test_a_bad_row_is_kept_with_its_id_and_the_reason(
    stage: Callable[..., Staged], fields: tuple[str, ...], external_id: str, code: str, part: str
) -> None:
    line, at, told_id, item, told_code, message, column, _ = stage(
        "purchases", "order_id,customer_id,placed_at,goods", *fields
    )
    assert (line, at, told_id, item, told_code) == (2, None, external_id, None, code)
    assert column is None or part.startswith((column, "; "))
    assert message is not None
    assert part in message


def test_a_row_over_several_lines_says_so_when_its_width_is_wrong(euros: ProgramFacts) -> None:
    kind = kind_of("members")
    reader = Reader(kind, euros, layout_of(row("customer_id", "joined_at"), kind))
    message = reader.stage(row("a", line=5, last=9))[5]
    assert message == "lines 5 to 9, read as one row: 1 fields, but the header has 2"


def test_a_reward_cannot_pay_more_than_the_goods(stage: Callable[..., Staged]) -> None:
    header = "order_id,customer_id,placed_at,goods,reward_discount"
    assert stage("purchases", header, "1", "a", AT, "5.00", "5.01")[4] == "reward_over_goods"


@pytest.mark.parametrize(
    ("kind", "header", "parts"),
    [
        (
            "purchases",
            "order_id,placed_at",
            ["Missing columns: customer_id, goods or net_cents.", "Found: order_id, placed_at."],
        ),
        ("members", "customer,joined", ["customer_id, joined_at", "Found: customer, joined"]),
        ("refunds", "order_id,refunded_at,goods", ["Missing columns: refund_id."]),
        ("purchases", "order_id;customer_id;placed_at;goods", ["separated by semicolons", "must be by commas"]),
        ("purchases", "order_id,customer_id,placed_at,goods,net_cents", ["both goods and net_cents"]),
        ("members", "customer_id,joined_at,joined_at", ["more than one column named joined_at"]),
        ("members", "customer_id,joined\udce9", ["UTF-8"]),
    ],
)
def test_a_header_that_does_not_do_is_told_at_once(kind: str, header: str, parts: list[str]) -> None:
    with pytest.raises(BadHeader) as refused:
        layout_of(row(*header.split(",")), kind_of(kind))
    for part in parts:
        assert part in refused.value.detail


def test_an_empty_file_is_told() -> None:
    with pytest.raises(BadHeader, match="empty"):
        layout_of(None, kind_of("members"))


def test_unknown_columns_of_purchases_become_metadata(stage: Callable[..., Staged]) -> None:
    header = "order_id,customer_id,placed_at,goods,store_id,note"
    item = stage("purchases", header, "1", "a", AT, "1", "334", "")[3]
    assert item is not None
    assert msgspec.json.decode(item)["metadata"] == {"store_id": "334"}


def test_unknown_columns_of_others_are_named_as_ignored() -> None:
    layout = layout_of(row("customer_id", "joined_at", "tier", ""), kind_of("members"))
    assert (layout.kept, layout.ignored) == ([], ["tier", "(column 4, without a name)"])


def test_metadata_beyond_4_kb_is_named_as_ignored_and_the_rest_is_kept(euros: ProgramFacts) -> None:
    kind = kind_of("purchases")
    header = row("order_id", "customer_id", "placed_at", "goods", "store_id", "story", "x" * 129)
    reader = Reader(kind, euros, layout_of(header, kind))
    long = reader.stage(row("1", "a", AT, "1", "334", "s" * 5000, "?"))[3]
    short = reader.stage(row("2", "a", AT, "1", "334", "s", "?"))[3]
    assert long is not None
    assert short is not None
    assert msgspec.json.decode(long)["metadata"] == {"store_id": "334"}
    assert msgspec.json.decode(short)["metadata"] == {"store_id": "334", "story": "s"}
    assert reader.ignored == ["x" * 129, "story (in 1 rows: metadata has at most 4 kB)"]
