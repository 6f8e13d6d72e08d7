"""What nobody should send, sent to every operation: a problem of the caller's each time, never a failure of ours."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest

from tests.contract.service import Service
from tests.contract.story import Json, Said

pytestmark = pytest.mark.xdist_group("contract")
PROBLEM = "application/problem+json"
JSON = {"Content-Type": "application/json"}
UNREADABLE = {
    "empty": b"",
    "cut off": b'{"order_id": "1"',
    "an array": b"[]",
    "an array of objects": b"[{}]",
    "text": b'"order"',
    "a number": b"7",
    "nothing but true": b"true",
    "not UTF-8": b'{"note": "\xff\xfe"}',
    "UTF-16": '{"note": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"note": "x"}',
    "a lone surrogate": b'{"note": "\\ud800"}',
    "half a pair of surrogates in a name": b'{"\\udc00": 1}',
    "a NUL": b'{"note": "a\\u0000b"}',
    "a NUL in a name": b'{"a\\u0000b": 1}',
    "a bare NUL": b'{"note": "a\x00b"}',
    "NaN": b'{"note": NaN}',
    "infinity": b'{"note": -Infinity}',
    "a number beyond all floats": b'{"note": 1e400}',
    "a number of 5,000 digits": b'{"note": ' + b"9" * 5_000 + b"}",
    "single quotes": b"{'note': 1}",
    "a trailing comma": b'{"note": 1,}',
    "deep arrays": b"[" * 30_000,
    "deep objects": b'{"a":' * 9_000,
    "deep and well-formed": b'{"note":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "unknown fields": b'{"no_such_field": 1}',
}
FOREIGN = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""]
TOO_BIG = [2**63, 2**63 - 1, -(2**63) - 1, 10**30, 1e300]
Place = tuple[str | int, ...]


def writing(document: Json) -> Iterator[tuple[str, Json]]:
    for methods in document["paths"].values():
        for operation in methods.values():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                yield operation["operationId"], operation


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:  # noqa: ANN401 - JSON
    """Give every value of a body that holds no others."""
    if isinstance(value, dict | list) and value:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value[:1]):
            yield from leaves(inner, (*place, key))
    else:
        yield place, value


def with_at(body: Any, place: Place, value: object) -> Any:  # noqa: ANN401 - JSON
    """Give a body with another value in a place."""
    changed = inner = deepcopy(body)
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return changed


class Foe:
    """Sends what it should not, and notes what was answered otherwise than with a problem of the caller's."""

    def __init__(self, client: httpx.Client, said: dict[str, Said]) -> None:
        self.client, self.said, self.wrong, self.sent = client, said, [], 0
        self.wrong: list[str]

    def send(self, operation: str, how: str, content: bytes, kind: str = "application/json", *status: int) -> None:
        call = self.said[operation]
        self.sent += 1
        headers = {"Content-Type": kind} if kind else {}
        if call.keyed:
            headers["Idempotency-Key"] = f"foe-{operation}-{self.sent}"
        answer = self.client.request(call.method, call.path, content=content, headers=headers, params=call.query)
        refused = 400 <= answer.status_code < 500 and answer.headers["content-type"] == PROBLEM
        if not refused and operation == "record_purchases" and answer.status_code == 200:
            refused = all(result["problem"] for result in answer.json()["results"][:1])
        if not refused or (status and answer.status_code not in status):
            self.wrong.append(f"{operation}, {how}: {answer.status_code} {answer.text[:200]}")


@pytest.fixture
def foe(service: Service, told_key: str, said: dict[str, Said]) -> Iterator[Foe]:
    """Give somebody with a good key and bad intentions; nothing of what they send may be taken."""
    with service.client(told_key) as client:
        foe = Foe(client, said)
        yield foe
    assert foe.wrong == []
    assert foe.sent > 50


def test_a_body_that_cannot_be_read_is_refused_everywhere(foe: Foe, document: Json) -> None:
    for name, operation in writing(document):
        for how, content in UNREADABLE.items():
            if how != "empty" or operation["requestBody"]["required"]:
                foe.send(name, how, content)


def test_a_body_that_is_no_json_by_its_own_account_is_refused_everywhere(foe: Foe, document: Json) -> None:
    for name, _ in writing(document):
        for kind in FOREIGN:
            foe.send(name, f"as {kind!r}", json.dumps(foe.said[name].body or {}).encode(), kind, 415)


def test_ten_megabytes_are_refused_everywhere(foe: Foe, document: Json) -> None:
    content = b'{"note": "' + b"x" * 10_000_000 + b'"}'
    for name, _ in writing(document):
        foe.send(name, "10 MB", content, "application/json", 413)
    foe.sent += 50


def test_a_field_told_twice_is_refused_everywhere(foe: Foe, document: Json) -> None:
    for name, _ in writing(document):
        body = foe.said[name].body or {"points": 1}
        field = next(iter(body))
        content = json.dumps(body).encode()
        again = b"%s, %s: %s}" % (content[:-1], json.dumps(field).encode(), json.dumps(body[field]).encode())
        foe.send(name, f"{field} twice", again, "application/json", 400)
        if isinstance(body[field], str):
            inner = content.replace(b"{", b'{"x": {"y": 1, "y": 2}, ', 1)
            foe.send(name, "twice inside", inner, "application/json", 400)


def test_a_value_that_nobody_could_store_is_refused_in_every_place(foe: Foe, document: Json) -> None:
    for name, _ in writing(document):
        body = foe.said[name].body
        if body is None:
            continue
        unknown = json.dumps(body | {"no_such_field": 1}).encode()
        foe.send(name, "an unknown field", unknown, "application/json", 422)
        for place, value in leaves(body):
            hostile: list[object] = [[[]], {"no": {"such": "thing"}}]
            if isinstance(value, str):
                hostile += ["a\x00b", "\ud800", 7]
            elif isinstance(value, int) and not isinstance(value, bool):
                hostile += [*TOO_BIG, "7", 0.5, True]
            for other in hostile:
                content = json.dumps(with_at(body, place, other)).encode()
                foe.send(name, f"{other!r:.40} at {place}", content)


IN_ADDRESSES = [
    "%00", "a%00b", "%0a", "a%0a", "x" * 129, "x" * 4_000, "%ff", "%ed%a0%80", "%e2%80%a8", "9" * 30, "-1", "0", "null",
    "%d9%a1", "1e400", "..", "%2e%2e%2f", "0001-01-01", "9999-12-31", "2026-02-30", "9999-12-31T23:59:59-23:59",
    "a%2fb", "%f0%9f%8d%8e", "%22%27%3b--", "",
]  # fmt: skip


def test_no_id_and_no_question_in_an_address_makes_the_service_fail(
    service: Service, told_key: str, document: Json, said: dict[str, Said]
) -> None:
    wrong = []
    with service.client(told_key) as client:
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                call = said[operation["operationId"]]
                for parameter in operation.get("parameters", []):
                    for value in IN_ADDRESSES if parameter["in"] != "header" else []:
                        told = {**call.parameters, parameter["name"]: value}
                        where = path.format(**{name: told.get(name, "") for name in re.findall(r"{(\w+)}", path)})
                        asked = {name: one for name, one in told.items() if f"{{{name}}}" not in path}
                        url = f"{where}?{'&'.join(f'{name}={one}' for name, one in asked.items())}"
                        headers = {"Idempotency-Key": f"address-{len(url)}"} if call.keyed else {}
                        body = None if method == "delete" else call.body
                        answer = client.request(method, url, json=body, headers=headers)
                        good = answer.status_code < 400 or answer.headers["content-type"] == PROBLEM
                        if answer.status_code >= 500 or not good:
                            wrong.append(f"{method} {url[:120]}: {answer.status_code} {answer.text[:100]}")

    assert wrong == []
