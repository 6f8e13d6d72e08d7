"""What browsers never post: the pages for people refuse it, and do not fail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from types import SimpleNamespace

import asyncpg
import httpx
import pytest
from litestar import Litestar

BAD_BYTE = b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\xff\r\n--b--\r\n'
BAD_CHARSET = (
    b'--b\r\nContent-Disposition: form-data; name="csrf"\r\nContent-Type: text/plain; charset=foo\r\n\r\nx\r\n--b--\r\n'
)


@pytest.mark.parametrize("body", [BAD_BYTE, BAD_CHARSET], ids=["a byte that is no text", "a charset that is none"])
@pytest.mark.parametrize("path", ["/s/1.nobody", "/s/1.nobody/comment", "/me/nobody/leave", "/admin/sign-in"])
async def test_a_form_that_is_no_text_is_refused(app: Litestar, path: str, body: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b", "origin": "http://loyalty.test"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as browser:
        answer = await browser.post(path, content=body)
    assert HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR


@pytest.mark.parametrize("path", ["/s/1.nobody", "/me/nobody"])
async def test_a_database_that_is_busy_is_to_be_asked_again(
    app: Litestar, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    @asynccontextmanager
    async def locked() -> AsyncIterator[None]:
        raise asyncpg.LockNotAvailableError
        yield

    monkeypatch.setattr(app.state, "database", SimpleNamespace(reader=locked, writer=locked))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test") as browser:
        answer = await browser.get(path.replace("nobody", "a" * 43))
    assert (answer.status_code, "Not just now" in answer.text) == (HTTPStatus.SERVICE_UNAVAILABLE, True)
