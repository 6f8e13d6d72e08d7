"""The OpenAPI document as it is published: what the framework collects, with msgspec's exact types and true examples.

The framework draws types its own way and loses bounds on the way; msgspec, which checks what comes in, tells them all.
The examples were answered by the service itself: `python -m tests.contract.examples` asks for them anew.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from inspect import cleandoc
from types import NoneType
from typing import Any, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from loyalty.web.bounds import ShopId, parts_of
from loyalty.web.problems import PROBLEM_JSON, Problem, example_of

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"
_JSON = "application/json"
_METHODS = ("post", "get", "put", "patch", "delete")
_DONE = {
    "200": "Done, or done before.",
    "201": "Recorded, or recorded before.",
    "202": "Taken on: the worker does it.",
    "204": "Done; there is nothing to show.",
}
# What these may be in a path or query, where the framework knows only that they are strings.
_SHOP_IDS = ("customer_id", "order_id", "spend_id", "lead_id", "sku")
# Numbers in a path count something.
_MOST = 10**9
_HEADERS: Json = {
    "X-Request-Id": {"description": "Names this request in the log.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "This is the first answer again; nothing was done now.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "RateLimit-Remaining": {
        "description": "How many more requests this key may send in the time that `RateLimit-Reset` tells.",
        "schema": {"type": "string"},
    },
    "RateLimit-Reset": {
        "description": "Seconds until the key may send `RateLimit-Limit` requests again.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait before the same request again.", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "How to come in: with a bearer key.", "schema": {"type": "string"}},
}
_WITH = {
    409: ["Retry-After"],
    429: ["Retry-After", "RateLimit-Remaining", "RateLimit-Reset"],
    503: ["Retry-After"],
    401: ["WWW-Authenticate"],
}


class Example(msgspec.Struct, forbid_unknown_fields=True):
    """What an operation was once asked, and what it answered."""

    parameters: Json
    response: Any
    request: Any = None


def published(app: Litestar) -> Json:
    """Give the document, made once for an application."""
    if "contract" not in app.state:
        app.state.contract = _made(app)
    made: Json = app.state.contract
    return made


@cache
def examples() -> Mapping[str, Example]:
    """Read the examples, by operation."""
    told = (files("loyalty.web") / "examples.json").read_bytes()
    return msgspec.json.decode(told, type=dict[str, Example])


def _made(app: Litestar) -> Json:
    document: Json = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    handlers = {handler.operation_id: handler for handler in _handlers(app)}
    types = Types([kind for handler in handlers.values() for kind in _kinds(handler)])
    paths: Json = document["paths"]
    document["paths"] = {path: {m: paths[path][m] for m in _METHODS if m in paths[path]} for path in _in_order(paths)}
    refusals: Json = {}
    for methods in document["paths"].values():
        for method, operation in methods.items():
            name = operation["operationId"]
            _type(operation, handlers[name], types)
            _refuse(operation["responses"], refusals)
            _head(operation["responses"], writes=method != "get")
            if name in examples():
                _show(operation, examples()[name])
    document["components"] |= {"schemas": types.components, "responses": refusals, "headers": _HEADERS}
    return document


def _handlers(app: Litestar) -> Iterator[HTTPRouteHandler]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield from (handler for handler in route.route_handlers if handler.operation_id)


def _in_order(paths: Json) -> list[str]:
    """Keep the order of the house, but let what is asked by query follow its twin with the id in the path."""
    return sorted(paths, key=lambda path: ":" in path.rsplit("/", 1)[-1] and "by query" in str(paths[path]))


class Types:
    """The types of requests and responses, as msgspec draws them."""

    def __init__(self, kinds: list[Any]) -> None:
        """Draw them together, so that names are given once."""
        unique = list(dict.fromkeys([Problem, *kinds]))
        drawn, self.components = msgspec.json.schema_components(unique, ref_template=_REF)
        self._drawn = dict(zip(unique, drawn, strict=True))
        for drawing in self.components.values():
            drawing["description"] = cleandoc(drawing["description"])
            _plain(drawing)

    def of(self, kind: Any) -> Json:  # noqa: ANN401 - any annotation
        """Give the schema of a type, or of one of several."""
        several = [NoneType if part is None else part for part in parts_of(kind)]
        drawn = [{"type": "null"} if part is NoneType else self._drawn[part] for part in several]
        return drawn[0] if len(drawn) == 1 else {"anyOf": drawn}


def _plain(drawing: Any) -> None:  # noqa: ANN401 - JSON
    """Leave out `"items": false` of pairs: `maxItems` says the same, and some generators read only objects there."""
    if isinstance(drawing, dict):
        if drawing.get("items") is False:
            del drawing["items"]
        for inner in drawing.values():
            _plain(inner)
    elif isinstance(drawing, list):
        for inner in drawing:
            _plain(inner)


def _kinds(handler: HTTPRouteHandler) -> Iterator[Any]:
    for kind in (_asked(handler), _answered(handler)):
        yield from (part for part in parts_of(kind) if part not in {None, NoneType, bytes})


def _asked(handler: HTTPRouteHandler) -> Any:  # noqa: ANN401 - any annotation
    field = handler.parsed_data_field
    return field.annotation if field else None


def _answered(handler: HTTPRouteHandler) -> Any:  # noqa: ANN401 - any annotation
    kind = handler.parsed_return_field.annotation
    if isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Response):
        [kind] = get_args(kind)
    # What is streamed has no type.
    return None if isinstance(kind, type) and issubclass(kind, Response) else kind


def _type(operation: Json, handler: HTTPRouteHandler, types: Types) -> None:
    for parameter in operation.get("parameters", []):
        _bound(parameter)
    asked, answered = _asked(handler), _answered(handler)
    if asked is not None:
        # A body that may be left out is documented as what it is when it is there.
        [told] = [part for part in parts_of(asked) if part is not NoneType]
        content = {_JSON: {"schema": types.of(told)}}
        operation["requestBody"] = {"content": content, "required": told is asked}
    for status, response in operation["responses"].items():
        if status in _DONE:
            response["description"] = _DONE[status]
            if status != "204" and answered not in {None, bytes}:
                response["content"] = {_JSON: {"schema": types.of(answered)}}
            elif status != "204":
                response["content"] = {str(handler.media_type): {"schema": {"type": "string", "format": "binary"}}}


def _bound(parameter: Json) -> None:
    """Say what may be sent: in a path or query there is no null, it is left out."""
    schema = parameter["schema"]
    for part in schema.pop("oneOf", []):
        schema |= {} if part == {"type": "null"} else part
    schema.pop("description", None)
    if parameter["in"] == "path" and schema.get("type") == "integer":
        schema |= {"minimum": 1, "maximum": _MOST}
    if parameter["name"] in _SHOP_IDS:
        told = msgspec.json.schema(ShopId)
        parameter.setdefault("description", told.pop("description"))
        schema |= told


def _refuse(responses: Json, refusals: Json) -> None:
    """Describe every refusal once, with an example."""
    for status in [status for status in responses if int(status) >= HTTPStatus.BAD_REQUEST]:
        phrase = HTTPStatus(int(status)).phrase.title().replace(" ", "")
        content = {"schema": {"$ref": _REF.format(name="Problem")}, "example": example_of(int(status))}
        told = responses[status] | {"headers": _named(int(status)), "content": {PROBLEM_JSON: content}}
        if PROBLEM_JSON not in responses[status]["content"]:  # the framework documents a 400 of its own besides
            told["description"] = "The request cannot be read."
        if refusals.setdefault(phrase, told) == told:
            told = {"$ref": f"#/components/responses/{phrase}"}
        responses[status] = told


def _named(status: int, *more: str) -> Json:
    names = ["X-Request-Id", *_WITH.get(status, []), *more]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _head(responses: Json, *, writes: bool) -> None:
    for status, response in responses.items():
        if status in _DONE:
            response.setdefault("headers", {}).update(
                _named(int(status), *(["Idempotency-Replayed"] if writes else []))
            )


def _show(operation: Json, example: Example) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["name"] in example.parameters:
            parameter["example"] = example.parameters[parameter["name"]]
    asked = operation.get("requestBody", {}).get("content", {}).get(_JSON)
    if asked is not None and example.request is not None:
        asked["example"] = example.request
    for status, response in operation["responses"].items():
        if status in _DONE and _JSON in response.get("content", {}):
            response["content"][_JSON]["example"] = example.response
