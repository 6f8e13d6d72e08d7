"""Writing down what staff do: before it is done, so that nothing is done without; and what came of it."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

import structlog
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from admin.desk import Desk
from admin.pages import AnyRequest
from loyalty.auth.journal import NewAction
from loyalty.errors import LoyaltyError
from loyalty.web.problems import BUSY

_LOG = structlog.get_logger()
_STATE = "staff_action"
_LONGEST, _MOST_NAMES = 200, 40
# What is done there is done to the installation, whichever programme's page it was done on.
_OF_THE_INSTALLATION = {"team", "account", "sign_in"}
# What is kept of a form: what says which thing was done. Texts about customers, secrets and files are not.
_KEPT = ("name", "key", "role", "email", "storefront", "scopes", "kind", "format", "run", "points", "tier", "state")


class _Who(Protocol):
    @property
    def user_id(self) -> UUID: ...


async def write_down(request: AnyRequest, desk: Desk, who: _Who, form: Mapping[str, Any] | None = None) -> None:
    """Write down what somebody sets out to do; where that cannot be, nothing is done."""
    handler = request.route_handler.fn
    room = handler.__module__.removeprefix("admin.").removesuffix(".routes")
    program = str(request.path_params.get("program_id", ""))
    action_id = await desk.journal.write(
        NewAction(
            user_id=who.user_id,
            program_id=None if room in _OF_THE_INSTALLATION else _number(program),
            name=f"{room}.{handler.__name__}",
            # Of a link to come in by, the path is the secret.
            address="" if room == "sign_in" else request.url.path[:_LONGEST],
            details=_details(form),
            request_id=request.scope.get("state", {}).get("request_id", ""),
        )
    )
    request.scope.setdefault("state", {})[_STATE] = (desk, action_id)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _details(form: Any) -> dict[str, str]:  # noqa: ANN401 - Litestar's form data, which has several values of a name
    told: dict[str, list[str]] = {}
    # In the order of the form, which `multi_items` does not keep.
    for name in dict.fromkeys(form or ()):
        texts = [value for value in form.getall(name) if isinstance(value, str) and value] if name in _KEPT else []
        if texts:
            told[name] = ["".join(letter for letter in text if letter.isprintable())[:_LONGEST] for text in texts]
    return {name: ", ".join(values[:_MOST_NAMES]) for name, values in told.items()}


def journaled(app: ASGIApp) -> ASGIApp:
    """Add what came of an action before anybody hears of it."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and _STATE in scope.get("state", {}):
                desk, action_id = scope["state"].pop(_STATE)
                await _came(desk, action_id, message["status"])
            await send(message)

        await app(scope, receive, sending)

    return run


async def _came(desk: Desk, action_id: UUID, status: int) -> None:
    try:
        await desk.journal.came(action_id, status)
    except (LoyaltyError, *BUSY) as error:
        # It is done, and written down; only how it ended is not. Its answer may show what is shown this once.
        _LOG.warning("staff_action_unfinished", action_id=str(action_id), status=status, error=repr(error))
