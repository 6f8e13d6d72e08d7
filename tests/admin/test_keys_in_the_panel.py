"""The page of keys: what it tells of them, and the forms that make, rotate and revoke one."""

from datetime import timedelta

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from loyalty.auth.scopes import SCOPES
from loyalty.clock import utc_now
from tests.admin.asking import post, text_of
from tests.admin.conftest import SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_keys import TILL

LIST, NEW = "/admin/p/1/keys", "/admin/p/1/new-key"
ONE = f"{LIST}/{TILL}"
GOOD: dict[str, str | list[str]] = {
    "name": " Checkout  2 ",
    "storefront": "Web shop",
    "reach": "some",
    "scopes": ["purchases:write", "members:read"],
    "lives": "90",
}


def test_each_storefront_shows_its_live_keys_and_what_they_may_do(inside: TestClient[Litestar]) -> None:
    shown = inside.get(LIST)
    said = text_of(shown)
    assert "Market stall No live key: nothing of this storefront can call the API." in said
    assert "Checkout lk_live_1_…k000 2 permissions Show purchases, and try baskets. purchases:read" in said
    assert "Nightly lk_live_1_…k001 Everything Last used" in said
    assert "Nightly lk_live_1_…k002 Everything A newer one has taken over" in said
    assert "1 key that ended" in said
    # One of two that are live can only be revoked: a third would not be made.
    assert shown.text.count("/rotate") == 1


def test_a_key_is_made_and_shown_once(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    made = post(inside, NEW, **GOOD)
    assert made.status_code == 200
    assert 'value="lk_live_1_a-new-secret-made0001"' in made.text
    assert "no-store" in made.headers["cache-control"]
    [new] = desk.keys.made
    assert (new.storefront, new.name, list(new.scopes)) == (
        "Web shop",
        "Checkout 2",
        ["purchases:write", "members:read"],
    )
    assert new.expires_at is not None
    assert abs(new.expires_at - utc_now() - timedelta(days=90)) < timedelta(minutes=1)
    assert "a-new-secret" not in inside.get(LIST).text


def test_a_key_for_everything_has_one_scope_and_a_new_storefront_its_name(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    post(inside, NEW, **{**GOOD, "reach": "every", "new_storefront": "Pop-up", "lives": "never"})
    [new] = desk.keys.made
    assert (new.storefront, list(new.scopes), new.expires_at) == ("Pop-up", ["*"], None)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "Write a name of at most 64 characters."),
        ({"name": "x" * 65}, "Write a name of at most 64 characters."),
        ({"scopes": []}, "Choose at least one thing that the key may do."),
        ({"scopes": ["no:such"]}, "Choose at least one thing that the key may do."),
        ({"storefront": "Elsewhere"}, "Name the web shop or till that will use the key."),
    ],
    ids=["no name", "long name", "no scope", "unknown scope", "unknown storefront"],
)
def test_what_is_wrong_is_said_beside_the_field_and_the_rest_is_kept(
    inside: TestClient[Litestar], desk: FakeDesk, changed: dict[str, str | list[str]], said: str
) -> None:
    answer = post(inside, NEW, **{**GOOD, **changed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert 'aria-invalid="true"' in answer.text
    assert '<option value="90" selected>' in answer.text
    assert desk.keys.made == []


def test_the_form_offers_every_scope_and_none_is_ticked(inside: TestClient[Litestar]) -> None:
    shown = inside.get(NEW).text
    assert [scope for scope in SCOPES if f'value="{scope}"' not in shown] == []
    assert 'name="scopes" value="purchases:read" checked' not in shown
    assert "Afficher les achats" in inside.get(f"{NEW}?lang=fr").text


def test_a_name_that_is_live_is_refused_beside_the_name(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.keys.refusal = "two_keys_live"
    answer = post(inside, NEW, **GOOD)
    assert answer.status_code == 409
    assert "This storefront has a live key of that name." in text_of(answer)


@pytest.mark.parametrize(("told", "lives"), [("7", timedelta(days=7)), ("", None), ("-3", None)])
def test_a_key_takes_over_and_the_old_one_goes_on(
    inside: TestClient[Litestar], desk: FakeDesk, told: str, lives: timedelta | None
) -> None:
    made = post(inside, f"{ONE}/rotate", old_lives=told)
    assert (made.status_code, desk.keys.rotated) == (200, [(TILL, lives)])
    assert 'value="lk_live_1_a-new-secret-made0002"' in made.text


def test_a_key_that_ended_meanwhile_is_not_rotated_and_the_page_says_so(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    desk.keys.refusal = "conflict"
    answer = post(inside, f"{ONE}/rotate", old_lives="7")
    assert answer.status_code == 409
    assert "This key is not live any more." in text_of(answer)
    desk.keys.refusal = "not_found"
    assert post(inside, f"{ONE}/rotate").status_code == 404


def test_a_key_is_revoked(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    done = post(inside, f"{ONE}/revoke")
    assert (done.status_code, done.headers["location"]) == (303, f"{LIST}?did=revoked")
    assert "The key is revoked." in text_of(inside.get(done.headers["location"]))
    assert desk.keys.kept[0].state == "revoked"
    assert post(inside, f"{LIST}/nonsense/revoke").status_code == 404
    assert post(inside, f"{LIST}/{desk.person.user_id}/revoke").status_code == 404


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [("owner", 200, 200), ("manager", 200, 403), ("analyst", 200, 403), ("support", 403, 403)],
)
def test_keys_are_the_owners_to_give(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, sees: int, changes: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    shown = inside.get(LIST)
    assert shown.status_code == sees
    assert ("/revoke" in shown.text) == (changes == 200)
    assert inside.get(NEW).status_code == changes
    assert post(inside, NEW, **GOOD).status_code == changes
    assert post(inside, f"{ONE}/rotate").status_code == changes
    assert post(inside, f"{ONE}/revoke").status_code == (303 if changes == 200 else 403)
    assert len(desk.keys.made) == (changes == 200)


def test_a_form_from_elsewhere_changes_nothing(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    for path in (NEW, f"{ONE}/rotate", f"{ONE}/revoke"):
        assert inside.post(path, data={**GOOD, "csrf": "wrong"}, headers={"origin": SITE}).status_code == 403
        assert inside.post(path, data={"csrf": "a-token"}, headers={"origin": "https://x.test"}).status_code == 403
    assert (desk.keys.made, desk.keys.rotated) == ([], [])
