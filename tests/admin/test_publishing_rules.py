"""Rules published in the panel over HTTP: what changes, from when, and what is withdrawn by it."""

from datetime import UTC, datetime

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from loyalty.errors import Invalid
from tests.admin.asking import post, text_of
from tests.admin.fake_desk import FakeDesk
from tests.admin.fake_rules import DRAFT

RULES = "/admin/p/1/rules"
ONE = f"{RULES}/drafts/{DRAFT}"


def test_publishing_says_what_changes_before_it_does(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    looked = post(inside, f"{ONE}/publish", version="7", when="later", at="2018-01-05T09:00", do="look")
    said = text_of(looked)
    assert "It begins on 5 Jan 2018, 09:00, New York time" in said
    assert "Not begun yet, and withdrawn by it: version 3." in said
    assert "Published by maya@example.com." in said
    assert desk.rules.published == []
    done = post(inside, f"{ONE}/publish", version="7", when="later", at="2018-01-05T09:00", do="publish")
    assert done.headers["location"] == f"{RULES}/versions/4?published=yes"
    assert desk.rules.published == [(datetime(2018, 1, 5, 14, tzinfo=UTC), 7)]
    assert "Published. It begins on 5 Jan 2018, 09:00." in text_of(inside.get(done.headers["location"]))
    # The one that it overtakes says so.
    assert "Withdrawn" in text_of(inside.get(f"{RULES}/versions/3"))


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("", "Write a date or time"),
        ("2017-01-01T00:00", "This has passed already."),
        ("9999-12-31T23:59", "Write a date or time"),
        ("0001-01-01T00:00", "Write a date or time"),
    ],
)
def test_rules_do_not_begin_in_the_past(inside: TestClient[Litestar], desk: FakeDesk, at: str, words: str) -> None:
    answer = post(inside, f"{ONE}/publish", version="7", when="later", at=at, do="publish")
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert desk.rules.published == []


def test_a_draft_that_somebody_changed_is_not_published(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.rules.overtake()
    answer = post(inside, f"{ONE}/publish", version="7", when="now", do="publish")
    assert answer.status_code == 409
    assert "noah@example.com changed this draft on" in text_of(answer)
    assert desk.rules.published == []


def test_a_draft_that_names_what_there_is_not_is_not_published(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    gone = Invalid("There is no tier 'gold'.", pointer="/rules/1/tiers/0")
    desk.rules.refusal = Invalid(gone.detail, pointer=gone.pointer, problems=[gone])
    for language, words in (
        ("en", "“Golden Friday” is for “gold”, which there is not. Change that rule first."),
        ("fr", "« Golden Friday » est pour « gold », qui n’existe pas."),
    ):
        answer = post(inside, f"{ONE}/publish?lang={language}", version="7", when="now", do="publish")
        assert answer.status_code == 422
        assert words in text_of(answer)
    desk.rules.refusal = Invalid("Another rule has the id 'a' already.", pointer="/rules/1/id")
    answer = post(inside, f"{ONE}/publish?lang=fr", version="7", when="now", do="publish")
    assert "Une autre règle porte déjà l’identifiant « a »." in text_of(answer)
    inside.cookies.delete("lang")
    desk.rules.refusal = Invalid("No rule.", pointer="/rules")
    assert "No rule." in text_of(post(inside, f"{ONE}/publish", version="7", when="now", do="publish"))


def test_a_version_is_withdrawn_before_it_begins(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert post(inside, f"{RULES}/versions/3/withdraw").headers["location"] == f"{RULES}/versions/3"
    assert desk.rules.withdrawn == [3]
    assert "Withdrawn" in text_of(inside.get(f"{RULES}/versions/3"))
    refused = post(inside, f"{RULES}/versions/2/withdraw")
    assert refused.status_code == 409
    assert "This version has begun" in text_of(refused)
