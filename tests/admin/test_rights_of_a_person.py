"""What staff do at a person's request: give out, let go, forget. Who may, and only what was typed and written down."""

from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.admin.asking import post, text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_people import NORA

PAGE = f"/admin/p/1/members/{NORA}"
HOLD = UUID(int=5)


@pytest.mark.parametrize(
    ("role", "gives", "erases"),
    [("owner", True, True), ("manager", True, True), ("support", True, False), ("analyst", False, False)],
)
def test_each_role_does_what_it_may(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, *, gives: bool, erases: bool
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    shown = inside.get(PAGE).text
    assert [f"{PAGE}/{way}" in shown for way in ("export", f"holds/{HOLD}/release", "erase")] == [gives, gives, erases]
    assert inside.get(f"{PAGE}/erase").status_code == (200 if erases else 403)
    assert post(inside, f"{PAGE}/export").status_code == (200 if gives else 403)
    assert post(inside, f"{PAGE}/holds/{HOLD}/release").status_code == (303 if gives else 403)
    assert post(inside, f"{PAGE}/erase", typed="Nora Whitfield").status_code == (303 if erases else 403)
    done = [("export", NORA), ("release", HOLD)] * gives + [("erase", NORA)] * erases
    assert desk.rights.done == done


def test_a_person_is_erased_only_when_the_name_was_typed(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    said = text_of(inside.get(f"{PAGE}/erase"))
    assert "The membership ends now. 1 reserved reward is let go. 430 points are lost." in said
    assert "To erase, type: Nora Whitfield" in said
    wrong = post(inside, f"{PAGE}/erase", typed="Nora")
    assert (wrong.status_code, "Nothing was erased." in text_of(wrong)) == (422, True)
    assert desk.rights.done == []
    assert post(inside, f"{PAGE}/erase", typed="  nora   WHITFIELD ").headers["location"] == PAGE
    # Who did it is written down, and not whom by name.
    assert [(one.name, one.details) for one in desk.journal.written[1:]] == [("members.rights.erase", {})] * 2
    assert post(inside, f"/admin/p/1/members/{UUID(int=9)}/erase", typed="x").status_code == 404


def test_held_points_are_let_go_and_what_is_not_held_says_so(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    back = post(inside, f"{PAGE}/holds/{HOLD}/release").headers["location"]
    assert "Let go: the points are back in their lots." in text_of(inside.get(back))
    desk.rights.refusal = "hold_ended"
    for hold in (HOLD, UUID(int=77)):
        gone = inside.get(post(inside, f"{PAGE}/holds/{hold}/release").headers["location"])
        assert "Nothing is held there any more" in text_of(gone)
    assert len(desk.rights.done) == 2
