"""Adding a kind of rule is one new file, and nothing else: it can be written, published, earned by, and explained."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

import loyalty.earning.kinds
from admin.form_fields import fields_of
from loyalty.earning.kind import KINDS
from loyalty.earning.rule import Frame
from tests.loyalty.earning.test_rules_over_http import BASE, buy, join, post, published

FILE = '''
"""Points for every letter of the alphabet that is left."""

from typing import ClassVar

from msgspec import Struct

from loyalty.earning.kind import KINDS, Asked, Count, Earned, On, Stage


@KINDS.register("letters_left")
class LettersLeft(Struct, frozen=True, forbid_unknown_fields=True):
    """`points` for each letter after `letters`, where something was bought for `at_least`."""

    letters: Count
    points: Count
    at_least_minor: Count = 1

    title: ClassVar[str] = "Letters left"
    stage: ClassVar[Stage] = "bonus"
    on: ClassVar[On] = "purchase"

    def earned(self, asked: Asked) -> Earned:
        """Count the letters."""
        if asked.basis < self.at_least_minor:
            return Earned(0, reason="below_minimum")
        return Earned(self.points * (26 - self.letters))
'''


@pytest.fixture
def letters_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Lay a file beside those of the other kinds."""
    (tmp_path / "letters_left.py").write_text(FILE)
    monkeypatch.setattr(loyalty.earning.kinds, "__path__", [*loyalty.earning.kinds.__path__, str(tmp_path)])
    yield "letters_left"
    KINDS._kinds.pop("letters_left", None)
    sys.modules.pop("loyalty.earning.kinds.letters_left", None)


async def test_a_new_kind_is_one_file(api: httpx.AsyncClient, letters_left: str) -> None:
    kinds = (await api.get("/v1/earning-rule-kinds")).json()["data"]
    [described] = [kind for kind in kinds if kind["kind"] == letters_left]
    assert described["settings"]["required"] == ["kind", "letters", "points"]
    assert {"at_least", "minimum", "weekdays"} <= described["settings"]["properties"].keys()

    rule = {
        "kind": letters_left,
        "id": "letters",
        "letters": 20,
        "points": 3,
        "at_least": "5.00",
        "categories": ["book"],
    }
    assert (await published(api, BASE, rule))["rules"][1] == rule
    await join(api)
    lines = [
        {"line_id": "1", "amount": "4.00", "category": "book"},
        {"line_id": "2", "amount": "2.00", "category": "book"},
        {"line_id": "3", "amount": "9.00"},
    ]
    bought = (await buy(api, "1", "15.00", lines=lines))["points"]
    assert (bought["given"], bought["breakdown"][1]["points"]) == (15 + 18, "18")
    bought = (await buy(api, "2", "4.00", lines=lines[:1]))["points"]
    assert (bought["given"], bought["breakdown"][1]["reason"]) == (4, "below_minimum")

    refused = await post(api, "earning-drafts", "k", name="Wrong", rules=[rule | {"letters": 0}])
    assert refused.json()["errors"][0]["pointer"] == "/rules/0/letters"


@pytest.mark.parametrize("kind", [Frame, *KINDS], ids=lambda kind: kind.__name__)
def test_a_form_can_ask_for_everything_that_a_rule_says(kind: type[msgspec.Struct]) -> None:
    assert all(field.title for field in fields_of(kind))
