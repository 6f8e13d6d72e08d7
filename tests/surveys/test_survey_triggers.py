"""What triggers a survey, and what is told too late or is none of a shop's business."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from loyalty.errors import Invalid
from surveys.plans.content import Content, Texts, checked
from surveys.plans.trigger import TRIGGERS, News, events_looked_at, load, triggered
from tests.surveys.surveys_page import rows

AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
BOUGHT = News(UUID(int=1), "purchase.recorded", UUID(int=2), AT, AT, "purchase/1", rank=3, purchase_id=UUID(int=3))
DELIVERED = replace(BOUGHT, type="purchase.delivered")
CLIMBED = News(UUID(int=1), "tier.changed", UUID(int=2), AT, AT, "tier/1", direction="up")
REDEEMED = News(UUID(int=1), "redemption.captured", UUID(int=2), AT, AT, "redemption/1")
JOINED = News(UUID(int=1), "member.joined", UUID(int=2), AT, AT, "membership/1")
CASES: list[tuple[str, dict[str, Any], News, bool]] = [
    ("third", {"kind": "nth_purchase", "n": 3}, BOUGHT, True),
    ("not-the-second", {"kind": "nth_purchase", "n": 2}, BOUGHT, False),
    ("each-purchase", {"kind": "after_purchase"}, BOUGHT, True),
    ("nothing-kept", {"kind": "after_purchase"}, replace(BOUGHT, rank=0), False),
    ("delivered", {"kind": "after_delivery"}, DELIVERED, True),
    ("delivered-and-returned", {"kind": "after_delivery"}, replace(DELIVERED, rank=0), False),
    ("on-its-way", {"kind": "after_delivery"}, BOUGHT, False),
    ("redeemed", {"kind": "after_redemption"}, REDEEMED, True),
    ("up", {"kind": "tier_change"}, CLIMBED, True),
    ("down-when-up-is-asked", {"kind": "tier_change"}, replace(CLIMBED, direction="down"), False),
    ("any-way", {"kind": "tier_change", "direction": "any"}, replace(CLIMBED, direction="down"), True),
    ("no-change", {"kind": "tier_change", "direction": "any"}, replace(CLIMBED, direction=None), False),
    ("joined", {"kind": "after_joining"}, JOINED, True),
    ("another-event", {"kind": "after_joining"}, BOUGHT, False),
    ("on-request", {"kind": "on_request"}, BOUGHT, False),
    ("by-file", {"kind": "by_file"}, JOINED, False),
    ("imported", {"kind": "after_purchase"}, replace(BOUGHT, origin="import"), False),
    ("simulated", {"kind": "after_purchase"}, replace(BOUGHT, origin="simulated"), False),
    ("a-test", {"kind": "after_purchase"}, replace(BOUGHT, test=True), False),
    ("told-in-time", {"kind": "after_purchase"}, replace(BOUGHT, recorded_at=AT + timedelta(hours=72)), True),
    ("told-late", {"kind": "after_purchase"}, replace(BOUGHT, recorded_at=AT + timedelta(hours=72, seconds=1)), False),
]


@pytest.mark.parametrize(("told", "news", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_news_triggers_a_survey_or_not(told: dict[str, Any], news: News, expected: bool) -> None:  # noqa: FBT001
    assert triggered(load(told), news) is expected


def test_the_page_names_every_trigger_with_its_settings() -> None:
    page = {row["kind"]: row["settings"].replace(" |", "") for row in rows("kind", "asks after", "settings")}
    assert {kind: set(found.__struct_fields__) for kind, found in TRIGGERS.all().items()} == {
        kind: {word.strip() for word in settings.split(",")} - {""} for kind, settings in page.items()
    }


def test_only_events_that_some_kind_looks_at_are_looked_at() -> None:
    assert events_looked_at() == {
        "purchase.recorded", "purchase.delivered", "redemption.captured", "tier.changed", "member.joined",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("trigger", "pointer"),
    [
        pytest.param({}, "/trigger/kind", id="none"),
        pytest.param({"kind": "full_moon"}, "/trigger/kind", id="unknown"),
        pytest.param({"kind": "after_purchase", "days": -1}, "/trigger", id="before-it-happens"),
        pytest.param({"kind": "after_purchase", "nights": 1}, "/trigger", id="a-setting-that-is-none"),
    ],
)
def test_a_trigger_that_is_none_is_refused(trigger: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(Content("Survey", trigger))
    assert refused.value.pointer == pointer


def test_a_sample_of_nobody_is_refused() -> None:
    with pytest.raises(Invalid, match="asks nobody"):
        checked(Content("Survey", {"kind": "after_purchase"}, sample_bp=0))


def test_a_language_without_texts_of_its_own_has_those_of_the_service() -> None:
    content = checked(Content("Survey", {"kind": "after_purchase"}, {"fr": Texts(detractor="Qu’avons-nous raté ?")}))
    assert content.texts_in("fr").following("detractor") == "Qu’avons-nous raté ?"
    assert content.texts_in("fr").following("promoter") is None
    assert content.texts_in("en") == Texts()
    assert content.triggered_by.days == 7
