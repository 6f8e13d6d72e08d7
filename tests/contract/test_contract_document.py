"""The OpenAPI document: every operation with an example that is true, every refusal with one, and exact types."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from loyalty.web.contract import examples
from tests.contract.story import Json, Said, Teller

pytestmark = pytest.mark.xdist_group("contract")
METHODS = {"get", "post", "put", "patch", "delete"}
DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def everything(value: Any) -> Iterator[Json]:  # noqa: ANN401 - JSON
    """Give every object in the document."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from everything(inner)


def fits(document: Json, schema: Json, value: object) -> list[str]:
    """Tell where a value does not fit a schema of the document."""
    whole = {**DIALECT, **schema, "components": document["components"]}
    return [str(error) for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)]


def test_the_story_calls_every_operation(document: Json, said: dict[str, Said]) -> None:
    named = Teller(None, document).operations()  # type: ignore[arg-type]

    assert named - set(said) == set(), "these need a line in tests/contract/story.py"
    assert named - set(examples()) == set(), "these need an example: python -m tests.contract.examples"


def test_every_answer_of_the_story_fits_its_documented_type(document: Json, said: dict[str, Said]) -> None:
    wrong = {}
    for _, _, operation in operations(document):
        call = said[operation["operationId"]]
        good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
        schema = good.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None and (errors := fits(document, schema, call.answer)):
            wrong[call.operation] = errors
        asked = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if asked is not None and call.body is not None:
            wrong |= {call.operation: errors} if (errors := fits(document, asked, call.body)) else {}

    assert wrong == {}


def test_every_example_fits_its_documented_type(document: Json) -> None:
    wrong, shown = {}, 0
    for one in everything(document["paths"]):
        if "example" in one and "schema" in one:
            shown += 1
            if errors := fits(document, one["schema"], one["example"]):
                wrong[str(one["example"])[:80]] = errors

    assert wrong == {}
    assert shown > len(document["paths"])


def test_every_operation_says_what_it_is_and_how_it_refuses(document: Json) -> None:
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["description"].endswith("."), where
        assert operation["tags"], where
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                name = answer.get("$ref", "").removeprefix("#/components/responses/")
                content = (document["components"]["responses"][name] if name else answer)["content"]
                assert list(content) == ["application/problem+json"], where
                assert content["application/problem+json"]["example"]["status"] == int(status), where


def test_every_group_of_the_page_is_described_and_has_operations(document: Json) -> None:
    described = [tag["name"] for tag in document["tags"] if tag["description"]]

    assert sorted({operation["tags"][0] for _, _, operation in operations(document)}) == sorted(described)


@pytest.mark.parametrize("word", ["schemas", "responses", "headers"])
def test_nothing_is_referred_to_that_is_not_there(document: Json, word: str) -> None:
    wanted = {one["$ref"] for one in everything(document) if isinstance(one.get("$ref"), str)}
    here = {f"#/components/{word}/{name}" for name in document["components"][word]}

    assert {reference for reference in wanted if f"/{word}/" in reference} <= here
    assert all(re.fullmatch(r"[A-Za-z-]+", name) for name in document["components"][word]), "a name given twice"


def test_no_pattern_lets_a_line_break_through_at_the_end(document: Json) -> None:
    patterns = {one["pattern"] for one in everything(document["components"]) if isinstance(one.get("pattern"), str)}

    assert len(patterns) > 5
    assert {pattern for pattern in patterns if pattern.endswith("$") and not pattern.endswith(r"(?!\n)$")} == set()


def test_every_number_that_is_asked_for_has_its_bounds(document: Json) -> None:
    asked = [operation.get("requestBody", {}) for _, _, operation in operations(document)]
    asked += [operation.get("parameters", []) for _, _, operation in operations(document)]
    names, found = {"": None}, list(asked)
    while found:
        more = {one["$ref"].rsplit("/", 1)[-1] for one in everything(found) if isinstance(one.get("$ref"), str)} - set(
            names
        )
        names |= dict.fromkeys(more)
        found = [document["components"]["schemas"][name] for name in more]
        asked += found
    numbers = [one for one in everything(asked) if one.get("type") == "integer"]

    assert len(numbers) > 10
    assert [one for one in numbers if not {"minimum", "maximum"} <= set(one)] == []
