"""A new kind of condition is one file: it is found, checked, described, asked for by a form, and it decides."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from admin.format import Format
from admin.forms import draw, read
from loyalty.errors import Invalid
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.policies import Policies
from loyalty.segments.condition import CONDITIONS, load
from tests.loyalty.segments.conftest import Town, ago
from tests.stories import joining

ONE_FILE = '''
"""Whose name begins with some letter."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from loyalty.segments.condition import CONDITIONS, Query


@CONDITIONS.register("initial")
class Initial(Struct, frozen=True, forbid_unknown_fields=True):
    """Has a shop's id that begins with `letter`."""

    title: ClassVar[str] = "Initial"

    letter: Annotated[str, Meta(min_length=1, max_length=1, title="Letter")]

    def query(self, at):
        return Query("SELECT customer_id FROM customer_alias WHERE program_id = $1"
                     " AND starts_with(external_id, {0}::text)", [self.letter])
'''


@pytest.fixture
def initial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put the file into a package of its own, and forget it after the test."""
    package = tmp_path / "added_conditions"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "initial.py").write_text(ONE_FILE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(CONDITIONS, "_homes", [*CONDITIONS._homes])
    monkeypatch.setattr(CONDITIONS, "_kinds", {**CONDITIONS.all()})
    CONDITIONS.add_home("added_conditions")
    # Of another test it stays imported, and would neither be looked for here nor register itself a second time.
    for module in ("added_conditions", "added_conditions.initial"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    return "initial"


async def test_a_kind_in_one_file_does_all_that_a_kind_does(town: Town, initial: str, api: httpx.AsyncClient) -> None:
    await town.shop.join(joining("ann", on=ago(3)), joining("ben", on=ago(3)))
    asked = {"kind": initial, "letter": "a"}
    assert await town.who(asked) == {"ann"}
    with pytest.raises(Invalid) as refused:
        load({"kind": initial, "letter": "ab"})
    assert refused.value.pointer == "/letter"
    described = {kind["kind"]: kind for kind in (await api.get("/v1/segment-conditions")).json()["data"]}
    assert described[initial]["settings"]["required"] == ["letter"]
    tried = await api.post("/v1/segments:preview", json={"conditions": [asked]})
    assert tried.json()["customers"] == 1


def test_its_form_is_drawn_from_its_fields(initial: str) -> None:
    kind = CONDITIONS.all()[initial]
    program = ProgramFacts(
        1, "Shop", "live", "EUR", "UTC", timedelta(), None, None, Policies(), datetime(2026, 1, 1, tzinfo=UTC)
    )
    f = Format("en", "EUR")
    form = draw(initial, kind, {}, f, program)  # type: ignore[arg-type]
    assert [(one.name, one.label, one.required) for one in form.inputs] == [("letter", "Letter", True)]
    assert read(initial, kind, {"letter": ["a"]}, f, program)[1] == {"letter": "a"}  # type: ignore[arg-type]
