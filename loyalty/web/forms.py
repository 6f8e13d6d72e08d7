"""Reading what a browser posted."""

from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict


async def read_form(request: Request[Any, Any, Any]) -> FormMultiDict:
    """Read a form; nothing where its parts are text in no encoding, or in one that there is not."""
    try:
        return await request.form()
    except (UnicodeDecodeError, LookupError):
        return FormMultiDict()
