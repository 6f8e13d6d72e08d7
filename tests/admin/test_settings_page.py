"""A programme's settings: what holds fills the form, what is written is checked, and nobody overwrites another."""

import re
from html import unescape

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from admin.settings.drafts import CHOICES, NUMBERED, NUMBERS, YES_NO, opening
from loyalty.programs.policies import EndOfMonth, Never, OnDelivery, Policies
from tests.admin.asking import post, text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn, a_program

PAGE = "/admin/p/1/settings"
CHANGED = Policies(maturity=OnDelivery(days=14), expiry=EndOfMonth(months=12), debt="clamp", basis_includes_tax=True)


def form_of(html: str) -> dict[str, str]:
    """Read what the page's form would send as it is."""
    html = html.partition('<form class="settings"')[2]
    said = {name: unescape(value) for name, value in re.findall(r'name="(\w+)"[^>]*?value="([^"]*)"', html)}
    said |= {
        name: value
        for name, body in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', html, re.DOTALL)
        for value in re.findall(r'value="(\w+)" selected', body)
    }
    return said | dict.fromkeys(re.findall(r'name="(\w+)" checked', html), "on")


def test_every_policy_is_in_the_form() -> None:
    assert {*NUMBERED, *CHOICES, *NUMBERS, *YES_NO} == set(Policies.__struct_fields__)


@pytest.mark.parametrize("policies", [Policies(), CHANGED], ids=["the defaults", "others"])
def test_sending_the_form_as_it_is_changes_nothing(
    inside: TestClient[Litestar], desk: FakeDesk, policies: Policies
) -> None:
    desk.listed = [a_program(policies=policies)]
    answer = post(inside, PAGE, **form_of(inside.get(PAGE).text))
    assert answer.headers.get("location") == f"{PAGE}?did=changed", text_of(answer)
    assert desk.settings.asked == [(policies, policies)]


def test_what_is_changed_is_asked_for_and_what_cannot_be_is_pointed_at(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    form = form_of(inside.get(PAGE).text)
    wanted = {"maturity": "on_delivery", "maturity_number": "14", "expiry": "end_of_month", "expiry_number": "12"}
    post(inside, PAGE, **form | wanted | {"debt": "clamp", "basis_includes_tax": "on"})
    assert desk.settings.asked == [(Policies(), CHANGED)]
    for field, value in (
        ("expiry_number", "0"),
        ("hold_minutes", "1.5"),
        ("hold_minutes", "-1"),
        ("parked_alert_hours", "9999"),
        ("debt", "<script>"),
        ("maturity", "tomorrow"),
    ):
        answer = post(inside, PAGE, **form | {"expiry": "days", "expiry_number": "30"} | {field: value})
        assert (answer.status_code, 'aria-invalid="true"' in answer.text) == (422, True), field
        assert "<script>" not in answer.text.partition("<form")[2]
    assert len(desk.settings.asked) == 1


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    form = form_of(inside.get(PAGE).text)
    desk.settings.refusal = "edited_meanwhile"
    assert "Somebody changed the settings" in text_of(post(inside, PAGE, **form))
    desk.settings.refusal = ""
    for was in ("", "nonsense", '{"debt": "forgive"}'):
        assert post(inside, PAGE, **form | {"was": was}).status_code == 409


@pytest.mark.parametrize(
    ("role", "sees", "changes"), [("manager", 200, 303), ("analyst", 200, 403), ("support", 403, 403)]
)
def test_each_role_sees_and_changes_what_it_may(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, sees: int, changes: int
) -> None:
    form = form_of(inside.get(PAGE).text)
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert inside.get(PAGE).status_code == sees
    assert post(inside, PAGE, **form).status_code == changes
    assert bool(desk.settings.asked) == (changes == 303)


def test_a_policy_without_a_number_needs_none() -> None:
    assert opening(Policies(expiry=Never())).values["expiry_number"] == ""
    assert opening(msgspec.structs.replace(CHANGED)).values["expiry_number"] == "12"
