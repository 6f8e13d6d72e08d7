"""Scopes in the documentation: each operation of the API tells those that it needs, and a page lists them all."""

from collections.abc import Iterator

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from loyalty.auth.scopes import SCOPES, needed
from loyalty.web.openapi import problems


def operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """List the API's operations by path: method, path, handler."""
    found = [
        (route.path_format, method, handler)
        for route in app.routes
        if route.path.startswith("/v1/") and isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods - {"OPTIONS"}
    ]
    for path, method, handler in sorted(found, key=lambda one: one[:2]):
        yield method, path, handler


def document_scopes(app: Litestar) -> None:
    """Have every operation name its scopes; before the documentation is asked for."""
    for method, _, handler in operations(app):
        scopes = needed(handler.opt, method)
        handler.security = [{"key": list(scopes)}]
        told = " and ".join(f"`{scope}`" for scope in scopes)
        handler.responses = {**(handler.responses or {}), **problems(403, because={403: f"The key lacks {told}."})}


def scopes_page(app: Litestar) -> str:
    """Write the page of scopes: what there is, and what each operation needs."""
    lines = [
        "# What a key may do",
        "`loyalty keys create --scope …` makes a key that may do only that; without, it may do everything (`*`).",
        "A request whose key lacks a scope gets a 403 that names it. `loyalty keys scopes` prints this page.",
        "",
        "| scope | allows to |",
        "|---|---|",
        *(f"| `{scope}` | {told[0].lower()}{told[1:].rstrip('.')} |" for scope, told in SCOPES.items()),
        "",
        "| operation | needs |",
        "|---|---|",
    ]
    for method, path, handler in operations(app):
        told = ", ".join(f"`{scope}`" for scope in needed(handler.opt, method))
        lines.append(f"| `{method} {path}` | {told} |")
    return "\n".join(lines) + "\n"
