"""What tests send to the panel and read of it, as a browser would."""

import re
from html import unescape

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from tests.admin.conftest import SITE


def post(client: TestClient[Litestar], path: str, **fields: str | list[str]) -> Response:
    """Send a form, as a page of ours would."""
    return client.post(path, data={"csrf": "a-token", **fields}, headers={"origin": SITE})


def text_of(answer: Response) -> str:
    """Give what a page says, without its marks and with ordinary spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2])).split())
