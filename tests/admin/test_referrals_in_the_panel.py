"""Referrals in the panel over HTTP: who sees and decides, what each decision will do, and the form of the terms."""

import re
from html import unescape

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import structs

from admin.format import Format
from admin.referrals.words import reason_said, state_said
from loyalty.referrals.rules import REASONS, STATES
from loyalty.referrals.terms import NEVER_PUBLISHED
from tests.admin.conftest import SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn, Row, complete_journey
from tests.admin.fake_referrals import TERMS, WAITS, FakeReferrals

PAGE, NEW = "/admin/p/1/referrals", "/admin/p/1/new-referral-terms"
DECIDE = f"{PAGE}/{WAITS.referral_id}"
GOOD = {
    "on": "on",
    "referrer_points": "500",
    "friend_points": "0",
    "minimum_minor": "50.00",
    "return_days": "14",
    "per_month": "",
    "ever": "10",
    "code_days": "",
    "review_from": "2",
    "link": "https://shop.example/welcome",
    "referrer_reward": "",
    "friend_reward": "",
}


def post(client: TestClient[Litestar], path: str, fields: dict[str, str] | None = None) -> Response:
    return client.post(path, data={"csrf": "a-token", **(fields or {})}, headers={"origin": SITE})


def text_of(answer: Response) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2])))


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [("owner", 200, 200), ("manager", 200, 200), ("analyst", 200, 403), ("support", 403, 403)],
)
def test_who_sees_and_who_decides(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, sees: int, changes: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert inside.get(PAGE).status_code == sees
    assert inside.get(NEW).status_code == changes
    may = changes == 200
    for path, fields in ((NEW, GOOD), (f"{DECIDE}/release", {}), (f"{DECIDE}/refuse", {})):
        assert post(inside, path, fields).status_code == (303 if may else 403)
    assert (len(desk.referrals.published), len(desk.referrals.decided)) == ((1, 2) if may else (0, 0))
    assert ("/release" in inside.get(PAGE).text) == may


def test_each_decision_says_what_it_will_do(inside: TestClient[Litestar]) -> None:
    said = text_of(inside.get(PAGE))
    assert "Fay Brown came by Ann Weber" in said
    assert "Another friend’s orders went to the same address." in said
    assert "Ann Weber gets 500 points, Fay Brown 300 points, for good 14 days after the purchase." in said
    assert "Nobody gets anything. This cannot be undone." in said
    french = text_of(inside.get(f"{PAGE}?lang=fr"))
    assert "Ann Weber reçoit 500 points" in french


def test_a_decision_is_done_and_said(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert post(inside, f"{DECIDE}/release").headers["location"] == f"{PAGE}?did=released"
    assert post(inside, f"{DECIDE}/refuse").headers["location"] == f"{PAGE}?did=refused"
    assert desk.referrals.decided == [(WAITS.referral_id, True), (WAITS.referral_id, False)]
    assert "Released. The points are pending" in text_of(inside.get(f"{PAGE}?did=released"))
    desk.referrals.refusal = "referral_decided"
    assert post(inside, f"{DECIDE}/release").headers["location"] == f"{PAGE}?did=referral_decided"
    assert "This one was decided already." in text_of(inside.get(f"{PAGE}?did=referral_decided"))
    assert post(inside, f"{PAGE}/nothing/release").status_code == 404


def test_the_list_tells_state_and_reason_and_is_narrowed_by_state(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    said = text_of(inside.get(PAGE))
    assert "Rewarded 500 + 300" in said
    assert "Refused Nobody has this code" in said
    assert "All (3)" in said
    inside.get(f"{PAGE}?state=refused")
    inside.get(f"{PAGE}?state=nonsense&after=nonsense")
    assert desk.referrals.asked[-2:] == [("refused", None), (None, None)]
    desk.referrals.more = True
    assert f"after={desk.referrals.all[-1].referral_id}" in unescape(inside.get(PAGE).text)


def test_the_figures_stand_as_tiles(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    row = Row(everyone=(3, 40, 0.02, 0.2))
    keys = ("referral_participation", "referral_conversion", "referred_share", "referred_second_purchase")
    desk.table = {**complete_journey(), **{key: {"2017-05": row} for key in keys}}
    said = text_of(inside.get(f"{PAGE}?period=2017-05"))
    assert "Members who refer 7.5 % 3 of 40" in said.replace("\u202f", " ").replace("7.5%", "7.5 %")
    assert "May 2017" in said


def test_the_terms_are_said_and_written(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    said = text_of(inside.get(PAGE))
    assert "Who brings a friend gets 500 points, and the friend 300 points" in said
    assert "That purchase is at least $50.00." in said
    assert "At most 5 friends a month." in said
    answer = post(inside, NEW, GOOD)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    [terms] = desk.referrals.published
    assert terms == structs.replace(TERMS, friend_points=0, per_month=None, ever=10, link=GOOD["link"])


def test_terms_are_compared_before_they_are_published(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    said = text_of(post(inside, NEW, GOOD | {"do": "look"}))
    assert desk.referrals.published == []
    assert "Today Who brings a friend gets 500 points, and the friend 300 points" in said
    assert "At most 10 friends in all." in said


def test_a_side_gets_a_reward_that_there_is(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    html = inside.get(NEW).text
    [reward, *_] = re.findall(r'<option value="([^"]{36})"', html)
    post(inside, NEW, GOOD | {"friend_reward": reward})
    assert str(desk.referrals.published[-1].friend_reward) == reward
    both = post(inside, NEW, GOOD | {"friend_reward": reward, "friend_points": "5"})
    assert both.status_code == 422
    assert "Give points or a reward, not both." in text_of(both)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"referrer_points": "0"}, "Give points or a reward to one side at least."),
        ({"link": "shop.example"}, "Write the address of a page"),
        ({"per_month": "11"}, "Write no more than in all."),
        ({"review_from": "1"}, "Write a whole number from 2 to 100."),
        ({"return_days": "soon"}, "Write a whole number from 0 to 365."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    inside: TestClient[Litestar], desk: FakeDesk, wrong: dict[str, str], said: str
) -> None:
    answer = post(inside, NEW, GOOD | wrong)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert answer.text.count('aria-invalid="true"') == 1
    assert desk.referrals.published == []


def test_what_was_refused_meanwhile_is_said(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.referrals.refusal = "invalid"
    answer = post(inside, NEW, GOOD)
    assert answer.status_code == 409
    assert "Nothing was published." in text_of(answer)


def test_without_referrals_the_page_says_how_to_begin(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.referrals = FakeReferrals(terms=NEVER_PUBLISHED, all=[])
    said = text_of(inside.get(PAGE))
    assert "Nobody has claimed a code yet" in said
    assert "Referrals are off" in said
    assert "Begin with referrals" in said


def test_every_state_and_reason_has_words_of_its_own_in_both_languages() -> None:
    for language in ("en", "fr"):
        f = Format(language, "EUR")
        words = [*(state_said(one, f) for one in STATES), *(reason_said(one, f) for one in REASONS)]
        assert len(set(words)) == len(words)
        assert not set(words) & set(REASONS)
