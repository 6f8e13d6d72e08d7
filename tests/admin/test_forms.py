"""Forms drawn from a kind's own fields: what they show, what they read, and what they say is wrong."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from html import unescape
from typing import Annotated, Any, ClassVar, Literal

import pytest
from litestar.datastructures import FormMultiDict
from msgspec import Meta, Struct

from admin.format import Format
from admin.forms import KindForm, draw, read, said_in
from admin.pages import environment
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.policies import Policies

EN, FR = Format("en", "EUR"), Format("fr", "EUR")
PROGRAM = ProgramFacts(
    1, "Shop", "live", "EUR", "Europe/Paris", timedelta(), None, None, Policies(), datetime(2026, 1, 1, tzinfo=UTC)
)
_Day = Literal["mon", "sun"]


class Everything(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind with a field of every shape."""

    title: ClassVar[str] = "Amount spent"

    steps: Annotated[int, Meta(ge=1, le=1000, title="At least")]
    amount_minor: Annotated[int, Meta(ge=0)]
    factor: Annotated[Decimal, Meta(title="Factor")]
    code: Annotated[str, Meta(min_length=2, max_length=5, examples=["AB"])]
    when: Literal["before", "after"] = "after"
    days: Annotated[list[_Day], Meta(extra={"choices": {"sun": "Sunday", "mon": "Monday"}})] = []
    skus: Annotated[list[str], Meta(description="One a line; any of them.")] = []
    whole: bool = True
    most: Annotated[int, Meta(ge=1, le=9)] | None = None
    from_on: date | None = None
    begins_at: datetime | None = None
    opens: time | None = None

    def __post_init__(self) -> None:
        if self.most is not None and self.most < self.steps:
            msg = "The lower limit may not be above the upper one."
            raise ValueError(msg)


FULL: dict[str, Any] = {
    "steps": 5, "amount_minor": 1250, "factor": "1.5", "code": "ABC", "when": "before", "days": ["mon", "sun"],
    "skus": ["tea", "a b"], "whole": False, "most": 7, "from_on": "2026-03-01",
    "begins_at": "2026-07-01T08:30:00+00:00", "opens": "09:15:00",
}  # fmt: skip
SENT = {
    "c0-steps": ["5"], "c0-amount_minor": ["12,5"], "c0-factor": ["1.5"], "c0-code": ["ABC"], "c0-when": ["before"],
    "c0-days": ["sun", "mon"], "c0-skus": ["tea\n\n a b \ntea"], "c0-most": ["7"], "c0-from_on": ["2026-03-01"],
    "c0-begins_at": ["2026-07-01T10:30"], "c0-opens": ["09:15"],
}  # fmt: skip


def in_order(settings: dict[str, Any] | None) -> dict[str, Any]:
    assert settings is not None
    return settings | {"days": sorted(settings.get("days", []))}


def reading(**changed: list[str]) -> tuple[KindForm, dict[str, Any] | None]:
    return read("all", Everything, SENT | {f"c0-{name}": texts for name, texts in changed.items()}, EN, PROGRAM, "c0-")


def html(form: KindForm, language: str = "en") -> str:
    template = environment(language).from_string(
        '{% from "parts/kind_form.html" import kind_fields %}{{ kind_fields(form) }}'
    )
    return unescape(re.sub(r"\s+", " ", template.render(form=form)))


def test_what_was_posted_becomes_settings() -> None:
    form, settings = reading()
    assert not form.is_wrong
    assert in_order(settings) == FULL


@pytest.mark.parametrize("f", [EN, FR], ids=["en", "fr"])
def test_a_form_filled_with_settings_and_sent_as_it_is_gives_the_same(f: Format) -> None:
    form = draw("all", Everything, FULL, f, PROGRAM, "c0-")
    said = {one.name: list(one.chosen) for one in form.inputs}
    assert in_order(read("all", Everything, said, f, PROGRAM, "c0-")[1]) == FULL


def test_a_new_form_has_the_defaults_and_what_is_left_empty_is_no_setting() -> None:
    form = draw("all", Everything, {}, EN, PROGRAM)
    values = {one.name: one.value for one in form.inputs}
    assert (values["whole"], values["when"], values["steps"], values["most"]) == ("on", "after", "", "")
    assert {one.name for one in form.inputs if one.required} == {"steps", "amount_minor", "factor", "code"}

    _, settings = read(
        "all",
        Everything,
        {"steps": ["1"], "amount_minor": ["0"], "factor": ["2"], "code": ["AB"]},
        EN,
        PROGRAM,
    )
    assert settings == {
        "steps": 1, "amount_minor": 0, "factor": "2", "code": "AB", "days": [], "skus": [], "whole": False
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("steps", "", "This is needed."),
        ("steps", "0", "Write a whole number from 1 to 1,000."),
        ("steps", "1001", "Write a whole number from 1 to 1,000."),
        ("steps", "1.5", "Write a whole number from 1 to 1,000."),
        ("steps", "1_0", "Write a whole number from 1 to 1,000."),
        ("steps", "٣", "Write a whole number from 1 to 1,000."),
        ("steps", "9" * 500, "Write a whole number from 1 to 1,000."),
        ("amount_minor", "1.005", "Write an amount, as 84.00."),
        ("amount_minor", "-1", "Write an amount, as 84.00."),
        ("amount_minor", "NaN", "Write an amount, as 84.00."),
        ("amount_minor", "Infinity", "Write an amount, as 84.00."),
        ("amount_minor", "1e999999", "Write an amount, as 84.00."),
        ("factor", "much", "Write an amount, as 1.5."),
        ("code", "A", "Write at most 5 characters."),
        ("code", "ABCDEF", "Write at most 5 characters."),
        ("when", "never", "Choose what is offered."),
        ("from_on", "2026-02-30", "Write a date or time that there is."),
        ("begins_at", "soon", "Write a date or time that there is."),
        ("begins_at", "9999-12-31T23:30-05:00", "Write a date or time that there is."),
        ("from_on", "9999-12-31", "Write a date or time that there is."),
        ("opens", "25:00", "Write a date or time that there is."),
        ("most", "10", "Write a whole number from 1 to 9."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_written_stays(name: str, text: str, words: str) -> None:
    form, settings = reading(**{name: [text] if text else []})
    assert settings is None
    assert {one.name: one.error for one in form.inputs if one.error} == {f"c0-{name}": words}
    shown = html(form)
    assert f'id="c0-{name}-wrong">{words}' in shown
    assert 'aria-invalid="true"' in shown
    # Of choices there are only those offered.
    assert text in shown or name == "when"


def test_what_only_the_whole_can_be_wrong_about_is_said_above_it() -> None:
    form, settings = reading(most=["4"])
    assert settings is None
    assert form.error == "The lower limit may not be above the upper one."
    assert 'role="alert"' in html(form)
    assert read("all", Everything, SENT | {"c0-most": ["4"]}, FR, PROGRAM, "c0-")[0].error.startswith("La limite")


def test_every_field_has_a_label_and_those_who_cannot_see_hear_the_note() -> None:
    shown = html(draw("all", Everything, FULL, EN, PROGRAM, "c0-"))
    for name in Everything.__struct_fields__:
        if name != "days":
            assert f'for="c0-{name}"' in shown or f'id="c0-{name}"' in shown
    assert '<label for="c0-steps">At least</label>' in shown
    assert "Amount <em>EUR</em>" in shown
    assert 'aria-describedby="c0-skus-note"' in shown
    # In the order in which they are named, not the alphabet's.
    assert shown.index("Sunday") < shown.index("Monday")
    assert shown.count("checked") == 2


def test_labels_speak_the_readers_language() -> None:
    form = draw("all", Everything, FULL, FR, PROGRAM, "c0-")
    assert form.title == "Montant dépensé"
    assert form.inputs[0].label == "Au moins"
    assert form.inputs[1].value == "12,50"


def test_what_somebody_wrote_is_never_markup() -> None:
    form, _ = reading(code=['"><script>x</script>'], skus=["</textarea><b>"])
    template = environment("en").from_string(
        '{% from "parts/kind_form.html" import kind_fields %}{{ kind_fields(form) }}'
    )
    raw = template.render(form=form)
    assert "<script>" not in raw
    assert "<b>" not in raw


class Nested(Struct, frozen=True):
    inside: Everything


def test_a_field_that_no_form_can_ask_for_is_found_at_once() -> None:
    with pytest.raises(TypeError, match="inside"):
        draw("nested", Nested, {}, EN, PROGRAM)


def test_what_postgresql_does_not_take_is_left_out_of_what_was_posted() -> None:
    assert said_in(FormMultiDict([("note", " a\0b\r\nc "), ("note", "d")])) == {"note": ["ab\nc", "d"]}
