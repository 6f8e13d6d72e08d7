"""The rewards in the panel over HTTP: who sees and changes them, the forms of all kinds, codes, and who redeemed."""

import csv
import io
import re
from html import unescape
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from loyalty.idempotency.refusals import KeyReused
from loyalty.rewards.kind import KINDS
from loyalty.rewards.staff import ByForm
from loyalty.rewards.terms import Description, Terms
from tests.admin.asking import post, text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_rewards import MUG, PAYMENT, VOUCHER

LIST, NEW = "/admin/p/1/rewards", "/admin/p/1/new-reward"
ONE = f"{LIST}/{VOUCHER}"
PAGES = (LIST, f"{LIST}.csv", ONE, f"{ONE}/redemptions.csv")
FORMS = (NEW, f"{ONE}/edit")
GOOD = {
    "kind": "gift",
    "offer-name": "Bowl",
    "offer-price_points": "250",
    "offer-position": "0",
    "offer-limit_per": "ever",
}


def rows_of(answer: Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("analyst", 200), ("support", 403)])
@pytest.mark.parametrize("path", PAGES)
def test_who_sees_the_rewards(inside: TestClient[Litestar], desk: FakeDesk, path: str, role: str, status: int) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert inside.get(path).status_code == status


@pytest.mark.parametrize(("role", "may"), [("owner", True), ("manager", True), ("analyst", False), ("support", False)])
def test_who_changes_them(inside: TestClient[Litestar], desk: FakeDesk, role: str, *, may: bool) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert [inside.get(path).status_code for path in FORMS] == [200 if may else 403] * 2
    for path, fields in ((NEW, GOOD), (f"{ONE}/retire", {}), (f"{ONE}/offer", {}), (f"{ONE}/codes", {"codes": "A"})):
        assert post(inside, path, **fields).status_code == (303 if may else 403), path
    if role == "analyst":
        assert "/edit" not in inside.get(ONE).text
        assert 'name="codes"' not in inside.get(ONE).text
        # Codes are worth money.
        assert "A-7" not in inside.get(ONE).text + inside.get(f"{ONE}/redemptions.csv").text
        assert "new-reward" not in inside.get(LIST).text


@pytest.mark.parametrize("path", [*PAGES, *FORMS])
def test_without_a_session_nothing_is_seen(outside: TestClient[Litestar], path: str) -> None:
    assert outside.get(path).headers["location"].partition("?")[0] == "/admin/sign-in"


@pytest.mark.parametrize("path", [*FORMS, f"{ONE}/retire", f"{ONE}/codes"])
def test_a_form_from_elsewhere_does_nothing(inside: TestClient[Litestar], desk: FakeDesk, path: str) -> None:
    answer = inside.post(path, data={**GOOD, "codes": "A", "csrf": "a-token"}, headers={"origin": "http://evil.test"})
    assert answer.status_code == 403
    assert (desk.rewards.offered, desk.rewards.codes) == ([], [])
    assert desk.rewards.kept[VOUCHER].reward.active


@pytest.mark.parametrize("reward", ["none", "00000000-0000-0000-0000-000000000009"])
def test_a_reward_that_there_is_not_has_no_page(inside: TestClient[Litestar], reward: str) -> None:
    for page in ("", "/edit", "/redemptions.csv"):
        assert inside.get(f"{LIST}/{reward}{page}").status_code == 404


def test_the_catalogue_says_what_is_left(inside: TestClient[Litestar]) -> None:
    said = text_of(inside.get(LIST))
    assert "Cinema ticket Voucher code 500 37 12 31 Dec 2017" in said
    assert "Mug Gift 120 None left 5" in said
    assert "Pay with points Retired Points as payment from 50 – 1,850+ –" in said
    assert [row[:6] for row in rows_of(inside.get(f"{LIST}.csv"))[1:]] == [
        ["Cinema ticket", "Voucher code", "500", "37", "12", "2017-12-31"],
        ["Mug", "Gift", "120", "0", "5", "2017-12-31"],
        ["Pay with points", "Points as payment", "50", "", "1850+", ""],
    ]


def test_a_reward_says_its_terms_and_who_asked_for_it(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    said = text_of(inside.get(ONE))
    assert "A film of your choice." in said
    for term in ("Worth: 11.50 USD", "Stock: 500", "How many a member may have: 1", "in this time: Each month",
                 "Lowest tier: silver", "Prices by tier: gold: 400", "Only for segments: at-risk"):  # fmt: skip
        assert term in said
    assert "Left to hand out: 37." in said
    assert "Nora Fieldstone nora@example.com 31 Dec 2017 Handed over A-7 500" in said
    for state in ("Reserved", "Taken back", "Let go", "Ran out"):
        assert state in said
    rows = rows_of(inside.get(f"{ONE}/redemptions.csv"))
    assert [row[5] for row in rows[1:]] == ["Handed over", "Reserved", "Taken back", "Let go", "Ran out"]
    assert rows[1][0] == "Nora Fieldstone"
    assert rows[1][6] == "A-7"
    desk.rewards.more = True
    following = re.search(r'href="([^"]+\?after=[^"]+)"', inside.get(ONE).text)
    assert following
    assert "First page" in text_of(inside.get(unescape(following[1])))
    assert "Un film au choix." in text_of(inside.get(f"{ONE}?lang=fr"))
    assert "Personne ne l’a encore demandée" in text_of(inside.get(f"{LIST}/{PAYMENT}"))


@pytest.mark.parametrize("kind", sorted(KINDS.all()))
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_kind_has_its_form(inside: TestClient[Litestar], kind: str, language: str) -> None:
    shown = inside.get(NEW, params={"kind": kind, "lang": language})
    assert shown.status_code == 200
    for field in KINDS.all()[kind].__struct_fields__:
        assert f'name="kind-{field}"' in shown.text
    assert f'name="kind" value="{kind}"' in shown.text


def test_a_reward_is_offered_as_it_was_written(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    fields = GOOD | {
        "kind-worth_minor": "4,50",
        "offer-stock": "7",
        "offer-per_member_limit": "2",
        "offer-limit_per": "year",
        "offer-starts_on": "2026-12-01",
        "offer-ends_on": "2026-12-24",
        "offer-description_fr": "Un bol.",
        "offer-tier_prices": "gold: 200\nsilver=225",
        "offer-segments": "vip",
    }
    done = post(inside, NEW, **fields)
    assert (done.status_code, done.headers["location"]) == (303, f"{LIST}/{MUG}")
    [new] = desk.rewards.offered
    assert (new.kind, new.name, new.price_points, new.settings) == ("gift", "Bowl", 250, {"worth_minor": 450})
    assert (new.terms.stock, new.terms.per_member_limit, new.terms.limit_per) == (7, 2, "year")
    assert (str(new.terms.starts_on), str(new.terms.ends_on)) == ("2026-12-01", "2026-12-24")
    assert (new.terms.tier_prices, new.terms.segments) == ({"gold": 200, "silver": 225}, ["vip"])
    assert new.terms.description == Description("", "Un bol.")


def test_saving_a_reward_unchanged_changes_nothing(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    shown = inside.get(f"{ONE}/edit").text
    fields = dict(re.findall(r'<input[^>]*?name="([^"]+)"\s+value="([^"]*)"', shown))
    fields |= dict(re.findall(r'<textarea[^>]*?name="([^"]+)"[^>]*>([^<]*)<', shown))
    for name, options in re.findall(r'<select[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', shown, re.DOTALL):
        fields[name] = re.findall(r'value="([^"]*)" selected', options)[0]
    assert post(inside, f"{ONE}/edit", **{name: unescape(value) for name, value in fields.items()}).status_code == 303
    reward, [new] = desk.rewards.kept[VOUCHER].reward, desk.rewards.offered
    assert (new.name, new.price_points, new.terms) == (reward.name, reward.price_points, reward.terms)
    assert reward.settings.items() >= new.settings.items()
    assert desk.rewards.editions == [3]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"offer-name": ""}, "This is needed."),
        ({"offer-price_points": "many"}, "Write a whole number"),
        ({"kind-worth_minor": "much"}, "Write an amount"),
        ({"offer-tier_prices": "gold"}, "Write prices by tier"),
        ({"offer-starts_on": "2026-12-02", "offer-ends_on": "2026-12-01"}, "The last day is before the first."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    inside: TestClient[Litestar], desk: FakeDesk, wrong: dict[str, str], said: str
) -> None:
    answer = post(inside, NEW, **GOOD | {"offer-stock": "77"} | wrong)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'value="77"' in answer.text
    assert desk.rewards.offered == []


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("stock_below_taken", "More are out already"),
        ("edited_meanwhile", "Somebody changed this reward meanwhile"),
        ("not_found", "Nothing was changed"),
    ],
)
def test_a_refusal_says_what_to_do(inside: TestClient[Litestar], desk: FakeDesk, refusal: str, said: str) -> None:
    desk.rewards.refusal = refusal
    answer = post(inside, f"{ONE}/edit", **GOOD | {"key": "first", "kind-source": "uploaded", "kind-length": "10"})
    assert answer.status_code == 409
    assert said in text_of(answer)
    # Under its key it stays refused, so the form has another one.
    assert 'name="key" value="first"' not in answer.text


def test_a_price_that_is_needed_is_asked_for(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    answer = post(inside, NEW, **GOOD | {"offer-price_points": ""})
    assert answer.status_code == 422
    assert "Write a price in points." in text_of(answer)
    desk.rewards.refusal = "invalid"
    assert post(inside, NEW, **GOOD).status_code == 409


def test_a_tier_or_a_segment_that_there_is_not_is_said_beside_its_field(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    desk.rewards.refusal = "unknown"
    answer = post(inside, NEW, **GOOD | {"offer-tier_prices": "gold: 3", "offer-segments": "vip", "key": "first"})
    assert answer.status_code == 409
    wrong = re.findall(r'name="([^"]+)"[^>]*?aria-invalid="true"', answer.text)
    assert sorted(wrong) == ["offer-segments", "offer-tier_prices"]
    assert "There is no such tier." in text_of(answer)
    assert "There is no such segment." in text_of(answer)
    assert 'name="key" value="first"' not in answer.text


def test_codes_are_put_into_the_pool_and_counted(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    done = post(inside, f"{ONE}/codes", codes="Code\nA-1\nB-2\n")
    assert done.headers["location"] == f"{ONE}?added=2&known=1"
    assert desk.rewards.codes == ["A-1", "B-2"]
    assert "2 codes came in. 1 was known already." in text_of(inside.get(done.headers["location"]))
    refused = post(inside, f"{ONE}/codes", codes="not a code", key="x" * 5000)
    assert refused.status_code == 422
    assert "These are no codes" in text_of(refused)


def test_codes_sent_before_are_not_called_no_codes(
    inside: TestClient[Litestar], desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*asked: object) -> None:
        by = asked[1]
        # A key that no form of ours had is longer than what is kept may be.
        assert isinstance(by, ByForm)
        assert len(by.key) == len(str(UUID(int=0)))
        raise KeyReused("x")

    monkeypatch.setattr(desk.rewards, "add_codes", refuse)
    answer = post(inside, f"{ONE}/codes?lang=fr", codes="A-1", key="x" * 5000)
    assert (answer.status_code, "Ce formulaire a déjà été envoyé." in text_of(answer)) == (409, True)


def test_a_reward_is_retired_and_offered_again(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert post(inside, f"{ONE}/retire").headers["location"] == ONE
    assert not desk.rewards.kept[VOUCHER].reward.active
    assert "Offer again" in text_of(inside.get(ONE))
    post(inside, f"{ONE}/offer")
    assert desk.rewards.kept[VOUCHER].reward.active


def test_terms_of_a_new_reward_are_open(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    post(inside, NEW, **GOOD)
    assert desk.rewards.offered[0].terms == Terms()
