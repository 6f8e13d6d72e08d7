"""The rules in the panel over HTTP: who sees and changes them, and every step that needs no script."""

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.admin.asking import post, text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_rules import DONE, DOUBLE, DRAFT, RUNNING

RULES = "/admin/p/1/rules"
ONE = f"{RULES}/drafts/{DRAFT}"
PAGES = (
    RULES,
    f"{RULES}/versions/2",
    ONE,
    f"{RULES}/try",
    f"{ONE}/backtest",
    f"{RULES}/backtests/{DONE}",
    f"{RULES}/backtests/{DONE}/months.csv",
)
FORMS = (f"{ONE}/new-rule", f"{ONE}/new-rule?kind=cap", f"{ONE}/rules/double", f"{ONE}/publish")
POSTS = (
    f"{RULES}/drafts",
    ONE,
    f"{ONE}/delete",
    f"{ONE}/new-rule",
    f"{ONE}/rules/double",
    f"{ONE}/publish",
    f"{ONE}/backtest",
    f"{RULES}/versions/3/withdraw",
    f"{RULES}/backtests/{RUNNING}/cancel",
)
BONUS = {"kind": "fixed_bonus", "version": "7", "k-points": "100"}


def rules_of(desk: FakeDesk) -> list[str]:
    return [str(rule["id"]) for rule in desk.rules.drafts[0].rules]


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("analyst", 200), ("support", 403)])
@pytest.mark.parametrize("path", PAGES)
def test_who_sees_the_rules(inside: TestClient[Litestar], desk: FakeDesk, path: str, role: str, status: int) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert inside.get(path).status_code == status


@pytest.mark.parametrize("role", ["analyst", "support"])
@pytest.mark.parametrize("path", [*FORMS, *POSTS])
def test_who_only_reads_changes_nothing(inside: TestClient[Litestar], desk: FakeDesk, path: str, role: str) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    answer = inside.get(path) if path in FORMS else post(inside, path, version="7", **{"k-points": "1"})
    assert answer.status_code == 403
    assert (len(desk.rules.drafts), desk.rules.drafts[0].version, desk.backtests.asked) == (1, 7, [])


def test_an_analyst_is_offered_no_step(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role="analyst")}
    for path in (RULES, ONE, f"{RULES}/versions/3", f"{ONE}/backtest", f"{RULES}/backtests/{RUNNING}"):
        # What is left is the way out.
        assert set(re.findall(r'method="post"\s+action="([^"]+)"', inside.get(path).text)) <= {"/admin/sign-out"}


@pytest.mark.parametrize("path", POSTS)
def test_a_form_from_elsewhere_does_nothing(inside: TestClient[Litestar], desk: FakeDesk, path: str) -> None:
    answer = inside.post(path, data={**BONUS, "csrf": "a-token"}, headers={"origin": "http://evil.test"})
    assert answer.status_code == 403
    assert (desk.rules.drafts[0].version, len(desk.rules.versions), desk.rules.withdrawn) == (7, 3, [])


@pytest.mark.parametrize("path", [*PAGES, *FORMS])
def test_without_a_session_nothing_is_seen(outside: TestClient[Litestar], path: str) -> None:
    assert outside.get(path).headers["location"].partition("?")[0] == "/admin/sign-in"


@pytest.mark.parametrize(
    "path", [f"{RULES}/versions/9", f"{RULES}/drafts/none", f"{ONE}/rules/none", f"{RULES}/backtests/none"]
)
def test_what_there_is_not_has_no_page(inside: TestClient[Litestar], path: str) -> None:
    assert inside.get(path).status_code == 404


def test_the_list_says_what_is_in_force_to_come_and_was(inside: TestClient[Litestar]) -> None:
    said = text_of(inside.get(RULES))
    assert "In force now Version 2 Since 11 Dec 2017, 23:01 · With a welcome · published by maya@example.com" in said
    assert "1 point per $1 Points for the amount spent 50 points for joining" in said
    assert "Scheduled from 10 Jan 2018, 23:01 Version 3" in said
    assert "Winter 3 rules" in said
    assert "Version 1 First rules the beginning 11 Dec 2017, 23:01" in said


def test_a_draft_begins_with_what_is_in_force(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    begun = post(inside, f"{RULES}/drafts")
    made = desk.rules.drafts[-1]
    assert begun.headers["location"] == f"{RULES}/drafts/{made.draft_id}"
    assert (made.name, made.based_on) == ("New rules", 2)
    # An id that a rule had by its place stays with it wherever it goes.
    assert [(rule["id"], rule["kind"]) for rule in made.rules] == [
        ("rule-1", "points_per_amount"),
        ("welcome", "joining"),
    ]


def test_a_draft_says_what_it_changes(inside: TestClient[Litestar]) -> None:
    shown = inside.get(f"{ONE}/publish")
    said = text_of(shown)
    assert "Added Golden Friday ×2 on Fridays for Gold, until 30 Nov 2026" in said
    assert "Changed 1 point per $1 becomes 2 points per $1" in said
    assert "Removed 50 points for joining" in said


def test_rules_are_moved_and_taken_away(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert post(inside, ONE, do="up:double", version="7").headers["location"] == ONE
    assert rules_of(desk) == ["double", "rule-1", "limit"]
    post(inside, ONE, do="down:double", version="8")
    assert rules_of(desk) == ["rule-1", "double", "limit"]
    post(inside, ONE, do="up:rule-1", version="9")
    assert rules_of(desk) == ["rule-1", "double", "limit"]
    refused = post(inside, ONE, do="remove:double", version="10")
    assert refused.status_code == 409
    assert "is of this rule only. Change or remove that first." in text_of(refused)
    post(inside, ONE, do="remove:limit", version="10")
    post(inside, ONE, do="remove:double", version="11")
    assert rules_of(desk) == ["rule-1"]


@pytest.mark.parametrize("faster", [True, False], ids=["meanwhile", "before"])
def test_a_step_on_a_draft_that_somebody_changed_is_not_done(
    inside: TestClient[Litestar], desk: FakeDesk, *, faster: bool
) -> None:
    if faster:
        desk.rules.faster = True
    else:
        desk.rules.overtake()
    answer = post(inside, ONE, do="up:double", version="7")
    assert answer.status_code == 409
    assert "noah@example.com changed this draft on" in text_of(answer)
    assert 'name="version" value="8"' in answer.text
    assert rules_of(desk) == ["rule-1", "double", "limit"]


def test_a_rule_is_added_with_its_conditions(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    offered = text_of(inside.get(f"{ONE}/new-rule"))
    assert "Multiply points What a purchase earned, times two or more" in offered
    assert "Add a rule" in offered
    saved = post(
        inside,
        f"{ONE}/new-rule",
        **BONUS,
        **{
            "f-name": "Autumn",
            "f-weekdays": ["5", "6"],
            "f-from_time": "17:00",
            "f-tiers": ["gold"],
            "f-segments": ["vip"],
            "f-minimum_minor": "49.5",
            "f-categories": "Jams\nTeas",
            "f-starts_on": "2026-12-01",
            "k-available_after_days": "0",
            "k-expires_after_months": "6",
        },
    )
    assert saved.headers["location"] == f"{ONE}#rule-fixed-bonus"
    assert desk.rules.drafts[0].rules[-1] == {
        "kind": "fixed_bonus",
        "id": "fixed-bonus",
        "name": "Autumn",
        "points": 100,
        "available_after_days": 0,
        "expires_after_months": 6,
        "starts_on": "2026-12-01",
        "weekdays": [5, 6],
        "from_time": "17:00:00",
        "tiers": ["gold"],
        "segments": ["vip"],
        "categories": ["Jams", "Teas"],
        "minimum_minor": 4950,
    }


def test_a_rule_is_shown_in_its_form_as_it_is_and_kept_as_it_was(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    shown = inside.get(f"{ONE}/rules/double").text
    assert re.search(r'name="k-factor"\s+value="2"', shown)
    assert re.search(r'name="f-weekdays"\s+value="5" checked', shown)
    assert re.search(r'name="f-tiers"\s+value="gold" checked', shown)
    post(
        inside,
        f"{ONE}/rules/double",
        kind="multiplier",
        version="7",
        **{"k-factor": "2", "f-name": "Golden Friday", "f-weekdays": "5", "f-tiers": "gold", "f-ends_on": "2026-11-30"},
    )
    assert desk.rules.drafts[0].rules[1] == {**DOUBLE, "ends_on": "2026-11-30", "tiers": ["gold"], "weekdays": [5]}


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("fixed_bonus", {"k-points": ""}, "This is needed."),
        ("fixed_bonus", {"k-points": "0"}, "Write a whole number from 1 to 1,000,000,000."),
        ("fixed_bonus", {"k-points": "5", "k-available_after_days": "2.5"}, "Write a whole number from 0 to 36,500."),
        (
            "fixed_bonus",
            {"k-points": "5", "k-expires_after_days": "30", "k-expires_after_months": "1"},
            "Points expire after days or after months, not both.",
        ),
        ("multiplier", {"k-factor": "0.5"}, "Write a number from 1 to 100."),
        (
            "fixed_bonus",
            {"k-points": "5", "f-starts_on": "2026-12-02", "f-ends_on": "2026-12-01"},
            "This is before the first day.",
        ),
        (
            "fixed_bonus",
            {"k-points": "5", "f-from_time": "19:00", "f-until_time": "17:00"},
            "For hours around midnight make two rules.",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    inside: TestClient[Litestar], desk: FakeDesk, kind: str, fields: dict[str, str], words: str
) -> None:
    answer = post(inside, f"{ONE}/new-rule", kind=kind, version="7", **fields)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert 'aria-invalid="true"' in answer.text
    assert desk.rules.drafts[0].version == 7


def test_of_two_who_edit_a_rule_nothing_is_lost(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.rules.overtake()
    fields = {"kind": "points_per_amount", "k-points_per_step": "5", "k-step_minor": "1", "k-whole_steps": "on"}
    told = post(inside, f"{ONE}/rules/rule-1", version="7", **fields)
    assert told.status_code == 409
    assert "This rule now says: 9 points per $1" in text_of(told)
    assert re.search(r'name="k-points_per_step"\s+value="5"', told.text)
    assert desk.rules.drafts[0].rules[0]["points_per_step"] == 9
    again = post(inside, f"{ONE}/rules/rule-1", version="8", **fields)
    assert again.status_code == 303
    assert desk.rules.drafts[0].rules[0]["points_per_step"] == 5


def test_the_pages_speak_french(inside: TestClient[Litestar]) -> None:
    inside.get(f"{RULES}?lang=fr")
    said = text_of(inside.get(ONE))
    assert "×2 le vendredi pour Or, jusqu’au 30 nov. 2026" in said
    assert "2 points par 1 $US" in said
