"""docs/surveys.md, held against the rules: its tables are read from that very file."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from surveys.answers.rules import editable, link_open
from surveys.invitations import tokens
from surveys.invitations.draws import draw, held_out, sampled_out
from surveys.invitations.rules import REASONS, Standing, Verdict, decide, remind
from surveys.plans import times
from surveys.plans.classes import CLASSES, class_of
from surveys.plans.policy import NEVER_PUBLISHED, Policy, StoredPolicy
from tests.surveys.surveys_page import instant, rows

PARIS = ZoneInfo("Europe/Paris")
LETTERS = "a" * 43
POLICY = StoredPolicy(1, Policy(), "salt")
NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
KNOWN = {
    "nothing": {},
    "closed": {"closed": True},
    "due 72 h and 1 s ago": {"due_at": NOW - timedelta(hours=72, seconds=1)},
    "due 72 h ago": {"due_at": NOW - timedelta(hours=72)},
    "erased": {"erased": True},
    "held out": {"held_out": True},
    "held out 30 d ago": {"held_out_at": NOW - timedelta(days=30)},
    "held out 90 d ago": {"held_out_at": NOW - timedelta(days=90)},
    "sampled out": {"sampled_out": True},
    "unsubscribed": {"suppressed": True},
    "bounced": {"suppressed": True},
    "bounced at another address": {"suppressed": False},
    "no consent": {"consent": False},
    "no address": {"address": False},
    "refunded": {"kept": False},
    "asked 30 d ago": {"sent_at": NOW - timedelta(days=30)},
    "cap reached": {"room": False},
}


def by_number(*heads: str) -> list[object]:
    return [pytest.param(row, id=row["no"]) for row in rows(*heads)]


@pytest.mark.parametrize("row", by_number("no", "known when it is due", "becomes"))
def test_who_is_skipped_and_why_is_as_the_page_says(row: dict[str, str]) -> None:
    words = row["known when it is due"].split(", ")
    channel = "link" if "link" in words else "mail"
    stored = NEVER_PUBLISHED if "no policy" in words else POLICY
    known = {"due_at": NOW} | {
        key: value for word in words if word not in {"link", "no policy"} for key, value in KNOWN[word].items()
    }
    expected = {"send": Verdict("send"), "wait": Verdict("wait")}.get(row["becomes"])
    assert decide(stored, channel, Standing(**known), NOW) == (expected or Verdict("skip", row["becomes"]))


def test_the_page_has_a_row_for_every_reason() -> None:
    page = {row["becomes"] for row in rows("no", "known when it is due", "becomes")}
    assert page - {"send", "wait"} == set(REASONS)


@pytest.mark.parametrize("row", by_number("no", "last sent", "now", "becomes"))
def test_the_quarantine_ends_to_the_second(row: dict[str, str]) -> None:
    now = instant(row["now"])
    found = decide(POLICY, "link", Standing(now, sent_at=instant(row["last sent"])), now)
    assert found == (Verdict("send") if row["becomes"] == "send" else Verdict("skip", row["becomes"]))


@pytest.mark.parametrize("row", by_number("no", "left", "right", "draws", "below 2500"))
def test_lots_are_drawn_as_the_page_says(row: dict[str, str]) -> None:
    left, right, below = row["left"], row["right"], row["below 2500"] == "yes"
    assert draw(left, right) == int(row["draws"])
    if right.startswith("purchase/"):
        assert sampled_out(UUID(left), right, 2_500) is not below
    else:
        assert held_out(left, UUID(right), 2_500) is below


def test_nobody_is_in_a_share_of_nothing_and_everybody_in_all_of_it() -> None:
    somebody = [uuid4() for _ in range(200)]
    assert not any(held_out("salt", one, 0) for one in somebody)
    assert all(held_out("salt", one, 10_000) for one in somebody)
    assert not any(sampled_out(one, "purchase/1", 10_000) for one in somebody)


def test_a_larger_hold_out_keeps_those_who_were_in_it_and_is_about_as_large_as_it_says() -> None:
    somebody = [UUID(int=n) for n in range(20_000)]
    small, large = [{one for one in somebody if held_out("salt", one, share)} for share in (1_000, 2_000)]
    assert small < large
    assert 1_850 < len(small) < 2_150


@pytest.mark.parametrize("row", by_number("no", "trigger", "days", "due"))
def test_it_is_due_when_the_page_says(row: dict[str, str]) -> None:
    assert times.due_at(instant(row["trigger"]), int(row["days"]), 10, PARIS) == instant(row["due"])


def test_who_finds_no_room_today_waits_for_the_hour_of_tomorrow() -> None:
    assert times.tomorrow(instant("2026-03-28T23:59"), 10, PARIS) == instant("2026-03-29T10:00")


@pytest.mark.parametrize("row", by_number("no", "sent", "now", "answered", "link", "reminder"))
def test_links_end_and_reminders_go_as_the_page_says(row: dict[str, str]) -> None:
    sent, now, answered = instant(row["sent"]), instant(row["now"]), row["answered"] == "yes"
    found = remind(Standing(sent), sent, now, answered=answered)
    assert {None: "not yet", "send": "send", "skip": "never"}[found.outcome if found else None] == row["reminder"]
    assert link_open(sent, None, now) == (row["link"] == "open")


@pytest.mark.parametrize("what", ["closed", "erased", "suppressed", "no consent", "no address", "refunded"])
def test_a_reminder_never_goes_where_an_invitation_would_not(what: str) -> None:
    known = {"suppressed": True} if what == "suppressed" else KNOWN[what]
    sent = NOW - timedelta(days=5)
    assert remind(Standing(sent), sent, NOW, answered=False) == Verdict("send")
    assert remind(Standing(sent, **known), sent, NOW, answered=False) == Verdict("skip", what.replace(" ", "_"))


@pytest.mark.parametrize("row", by_number("no", "first score", "change", "becomes"))
def test_an_answer_is_locked_after_24_hours(row: dict[str, str]) -> None:
    assert editable(instant(row["first score"]), instant(row["change"])) == (row["becomes"] == "kept")


def test_who_answered_late_keeps_24_hours_beyond_the_end_of_the_link() -> None:
    sent, end = NOW, times.ends_at(NOW)
    scored = end - timedelta(hours=1)
    assert link_open(sent, scored, scored + timedelta(hours=24, seconds=-1))
    assert not link_open(sent, scored, scored + timedelta(hours=24))


def test_each_score_has_the_class_that_the_page_says() -> None:
    page = {int(n): row["class"] for row in rows("score", "class") for n in row["score"].split(", ")}
    assert {score: class_of(score) for score in range(11)} == page
    assert set(page.values()) == set(CLASSES)


def test_a_link_is_made_again_by_its_key_and_no_other() -> None:
    first, second = (sha256(word).digest() for word in (b"first", b"second"))
    invitation, ring = uuid4(), tokens.Keyring([first])
    key_id = ring.newest
    assert key_id is not None
    made = ring.token(key_id, invitation, 1)
    assert made is not None
    turned = tokens.Keyring([second, first])
    assert turned.newest != key_id
    assert turned.token(key_id, invitation, 1) == made
    assert tokens.Keyring([second]).token(key_id, invitation, 1) is None
    others = {ring.token(key_id, invitation, 2), ring.token(key_id, uuid4(), 1)}
    assert made not in others
    assert tokens.Keyring([]).newest is None
    assert tokens.read(tokens.written(7, made.secret)) == (7, made.sha256)
    assert tokens.address("https://a.example/", 7, made.secret) == f"https://a.example/s/7.{made.secret}"


@pytest.mark.parametrize(
    "told", ["", "7", "7.", "7.short", f"0.{LETTERS}", f"x.{LETTERS}", f"7.{LETTERS[1:]}", f"7.{LETTERS}\n"]
)
def test_what_can_be_no_link_is_read_as_none(told: str) -> None:
    assert tokens.read(told) is None
