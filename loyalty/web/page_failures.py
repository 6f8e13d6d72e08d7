"""What pages for customers answer where no page can be made: the same for all of them."""

from typing import Any, Protocol

import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from loyalty.errors import NotFound, Unavailable
from loyalty.web.customer_pages import AnyRequest
from loyalty.web.problems import BUSY

log = structlog.get_logger("loyalty.pages")
_OUR_FAULT = 500


class Show(Protocol):
    """Makes a page of a kind for whoever it is: `dead`, `busy` or `failed`."""

    def __call__(self, request: AnyRequest, kind: str, status: int, reference: str = "", /) -> Response[str]:
        """Make it. `reference` finds the failure in the log."""


def page_failures(name: str, show: Show) -> ExceptionHandlersMap:
    """Give the handlers, `name` being the page in the log. A busy database is no failure: it is to be asked again."""
    event = f"{name} failed"

    def dead(request: AnyRequest, _: NotFound) -> Response[str]:
        return show(request, "dead", 404)

    def busy(request: AnyRequest, error: Exception) -> Response[str]:
        log.warning("database busy or away", error=type(error).__name__)
        return show(request, "busy", 503)

    def refused(request: AnyRequest, refusal: HTTPException) -> Response[str]:
        return show(request, "dead", 404) if refusal.status_code < _OUR_FAULT else failed(request, refusal)

    def failed(request: AnyRequest, error: Exception) -> Response[str]:
        # The address stays out of the log: it holds the secret.
        reference = request.scope.get("state", {}).get("request_id", "")
        log.error(event, request_id=reference, exc_info=error)
        return show(request, "failed", 500, reference)

    handlers: dict[Any, Any] = dict.fromkeys((Unavailable, *BUSY), busy)
    return {**handlers, NotFound: dead, HTTPException: refused, Exception: failed}
