"""What every operation documents alike: its errors, the key it needs, and the pages that show it offline."""

from collections.abc import Mapping, Sequence
from importlib.resources import files

from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from loyalty.web.contract import published
from loyalty.web.problems import PROBLEM_JSON, Problem

_WHY = {
    400: "The request cannot be read.",
    401: "No valid key.",
    403: "The key lacks a scope; `detail` names it.",
    404: "There is no such thing in this programme.",
    409: "It contradicts what is recorded already; `first` shows that.",
    410: "The answer was about a customer who has been erased since.",
    412: "It changed since the version that `If-Match` names; nothing was done.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "A value does not fit; `errors` names each place.",
    429: "The key has used up this minute; `Retry-After` says for how many seconds.",
    503: "Try the same request again.",
}
ALWAYS = (401, 403, 429, 503)
READING = (*ALWAYS, 404, 422)
WRITING = (*ALWAYS, 400, 409, 413, 415, 422)
KEYED = (*WRITING, 404, 410)

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Loyalty API</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/static/swagger-ui.css"></head>
<body><main id="swagger-ui"></main><script src="/docs/static/swagger-ui-bundle.js"></script>
<script src="/docs/static/start.js"></script></body></html>
"""


def problems(*statuses: int, because: Mapping[int, str] | None = None) -> dict[int, ResponseSpec]:
    """Document the errors of an operation, `because` of something that is its own."""
    why = {**_WHY, **(because or {})}
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=why[status], media_type=PROBLEM_JSON)
        for status in sorted(set(statuses))
    }


def openapi_config(version: str, tags: Sequence[tuple[str, str]]) -> OpenAPIConfig:
    """Describe the API; served as `/openapi.json`."""
    return OpenAPIConfig(
        title="Loyalty API",
        version=version,
        description=(
            "Record purchases and refunds, enrol members, show points, and read the KPIs of a loyalty programme. "
            "Send the same request again whenever no answer came: a retry never counts twice."
        ),
        path="/openapi",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={
                "key": SecurityScheme(type="http", scheme="bearer", description="`lk_live_…` or `lk_test_…`")
            }
        ),
        security=[{"key": []}],
        tags=[Tag(name=name, description=description) for name, description in tags],
        use_handler_docstrings=True,
    )


@get("/docs", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def docs_page() -> Response[bytes]:
    """Show the API in a browser, without anything from elsewhere."""
    return Response(
        _PAGE, media_type=MediaType.HTML, headers={"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"}
    )


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi_json(request: Request[object, object, State]) -> Response[dict[str, object]]:
    """Give the OpenAPI 3.1 document."""
    return Response(published(request.app))


docs_static = create_static_files_router(
    path="/docs/static", directories=[str(files("loyalty.web") / "static" / "swagger")], name="docs-static"
)
DOCS: list[ControllerRouterHandler] = [docs_page, openapi_json, docs_static]
