"""What a form of a member's page must bring to be believed."""

from hmac import compare_digest

from loyalty.auth.rules import csrf_token
from loyalty.web.customer_pages import AnyRequest
from loyalty.web.forms import read_form

_OURS = {"same-origin", "none", ""}


class NotOurForm(Exception):
    """A form that did not come from the page that this link opens."""


async def checked_form(request: AnyRequest, token: str) -> dict[str, str]:
    """Read a form; believe it only with the token that its page holds, and from no other site.

    The token follows from the secret of the link. There is no `Origin` to look at: pages that send no referrer send
    none either, but browsers of today tell from which site a form comes.
    """
    form = {name: str(value) for name, value in (await read_form(request)).items()}
    known = compare_digest(form.get("csrf", "").encode(), csrf_token(token).encode())
    if not known or request.headers.get("sec-fetch-site", "") not in _OURS:
        raise NotOurForm
    return form
