"""What stands in a cell: read exactly, or refused with a reason that a person can act on."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from loyalty.imports import columns
from loyalty.imports.columns import BadValue, Read
from loyalty.programs.facts import ProgramFacts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.50", 1250),
        ("0", 0),
        ("0.00", 0),
        ("007.5", 750),
        ("12.500", 1250),
        (" 12.50 ", 1250),
        ("10000000000000", 10**15),
    ],
)
def test_an_amount_becomes_exact_minor_units(euros: ProgramFacts, text: str, expected: int) -> None:
    assert columns.money(text, euros) == expected


@pytest.mark.parametrize(("currency", "text", "expected"), [("JPY", "1250", 1250), ("KWD", "1.234", 1234)])
def test_the_currency_says_how_many_decimals_there_are(
    euros: ProgramFacts, currency: str, text: str, expected: int
) -> None:
    assert columns.money(text, replace(euros, currency=currency)) == expected


@pytest.mark.parametrize(
    ("read", "text", "code", "part"),
    [
        (columns.money, "12.505", "too_many_decimals", "more decimals than EUR, which has 2"),
        (columns.money, "-3.00", "negative_amount", "comes as a refund"),
        (columns.money, "1,234.50", "bad_amount", "write digits with a point"),
        (columns.money, "12,50", "bad_amount", "write digits with a point"),
        (columns.money, "1e3", "bad_amount", "write digits"),
        (columns.money, "NaN", "bad_amount", "write digits"),
        (columns.money, "€5", "bad_amount", "write digits"),
        (columns.money, "٣", "bad_amount", "write digits"),
        (columns.money, ".5", "bad_amount", "write digits"),
        (columns.money, "10000000000000.01", "amount_too_large", "more than 1000000000000000 minor units"),
        (columns.money, "9" * 5000, "amount_too_large", "…"),
        (columns.minor, "12.50", "bad_amount", "digits only"),
        (columns.minor, "-1", "negative_amount", "negative"),
        (columns.minor, "1000000000000001", "amount_too_large", "more than"),
        (columns.minor, str(2**63), "amount_too_large", "more than"),
        (columns.instant, "2026-01-02T10:00:00", "no_offset", "has no offset"),
        (columns.instant, "2026-01-02 10:00", "no_offset", "has no offset"),
        (columns.instant, "2026-01-02", "no_offset", "has no offset"),
        (columns.instant, "02/01/2026", "bad_instant", "like 2026-03-31T23:59:59Z"),
        (columns.instant, "2026-02-30T10:00:00Z", "bad_instant", "is no instant"),
        (columns.instant, "2026-01-02T10:00:00+99:00", "bad_instant", "is no instant"),
        (columns.instant, "0001-01-01T00:00:00+05:00", "bad_instant", "is no instant"),
        (columns.instant, "1767348000", "bad_instant", "is no instant"),
        (columns.shop_id, "x" * 129, "bad_id", "1 to 128 printable characters"),
        (columns.shop_id, "a\tb", "bad_id", "printable"),
        (columns.shop_id, "é\x86", "bad_id", "printable"),
        (columns.shop_id, " 12", "bad_id", "begins or ends with a space"),
        (columns.flag, "perhaps", "bad_flag", "neither true nor false"),
        (columns.email, "nobody", "bad_email", "e-mail"),
        (columns.language, "French", "bad_language", "fr-CH"),
        (columns.currency, "euro", "bad_currency", "ISO 4217"),
        (columns.person_name, "x" * 257, "bad_name", "256"),
        (columns.reason, "x" * 501, "bad_reason", "500"),
        (columns.reason, "was promised\0it", "bad_reason", "500"),
        (columns.word, "x" * 129, "bad_text", "128"),
    ],
)
def test_what_means_nothing_is_refused_with_a_reason(
    euros: ProgramFacts, read: Read, text: str, code: str, part: str
) -> None:
    with pytest.raises(BadValue) as refused:
        read(text, euros)
    assert refused.value.code == code
    assert part in refused.value.message
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02T10:00:00Z", datetime(2026, 1, 2, 10, tzinfo=UTC)),
        ("2026-01-02 10:00:00+01:00", datetime(2026, 1, 2, 9, tzinfo=UTC)),
        ("2026-01-02T10:00:00.123456-05:00", datetime(2026, 1, 2, 15, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_an_instant_is_kept_in_utc(euros: ProgramFacts, text: str, expected: datetime) -> None:
    assert columns.instant(text, euros) == expected
    assert columns.instant(text, euros).tzinfo is UTC


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (columns.shop_id, "x" * 128, "x" * 128),
        (columns.shop_id, "Köln 7/b", "Köln 7/b"),
        (columns.flag, "TRUE", True),
        (columns.flag, "0", False),
        (columns.minor, "007", 7),
        (columns.email, "a@b.fr", "a@b.fr"),
        (columns.language, "fr-CH", "fr-CH"),
        (columns.currency, "EUR", "EUR"),
    ],
)
def test_what_means_something_is_read(euros: ProgramFacts, read: Read, text: str, expected: object) -> None:
    assert read(text, euros) == expected
