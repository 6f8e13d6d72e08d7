"""The guides, carried out: every block of code runs against the service, and prints what the guide says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.service import Service

pytestmark = pytest.mark.xdist_group("contract")
ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"
END = "-- end of a block --"
SAY_END = {"bash": f"\necho; echo '{END}'\n", "python": f"\nprint({END!r})\n"}


def blocks(page: str) -> list[tuple[str, str, str]]:
    """Give the blocks of code with what they are to print: a block of `text` or `json` that follows."""
    found: list[tuple[str, str, str]] = []
    for language, content in BLOCK.findall((ROOT / "docs" / page).read_text()):
        if language in SAY_END:
            found.append((language, content, ""))
        elif language in {"text", "json"}:
            found[-1] = (*found[-1][:2], content)
    return found


def carried_out(codes: list[str], language: str, service: Service, folder: Path, **more: str) -> list[str]:
    """Run blocks one after another in one shell or interpreter; gives what each of them printed."""
    script = "".join(code + SAY_END[language] for code in codes).replace(ADDRESS, service.url)
    command = ["bash", "-eu", "-c", script] if language == "bash" else [sys.executable, "-c", script]
    path = f"{folder}:{os.environ['PATH']}"
    (folder / "loyalty").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m loyalty.cli "$@"\n')
    (folder / "loyalty").chmod(0o755)
    ours = {"PATH": path, "PYTHONPATH": str(ROOT), "DATABASE_URL": service.database_url, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **ours, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [part.strip() for part in done.stdout.split(END)[:-1]]


def agrees(shown: Any, answered: Any) -> bool:  # noqa: ANN401 - JSON
    """Compare an answer with what a page shows of it: `…` is anything, and fields may be left out."""
    if shown == "…":
        return True
    if isinstance(shown, dict):
        told = {name: value for name, value in shown.items() if name != "…"}
        return isinstance(answered, dict) and all(
            name in answered and agrees(value, answered[name]) for name, value in told.items()
        )
    if isinstance(shown, list):
        return isinstance(answered, list) and len(shown) == len(answered) and all(map(agrees, shown, answered))
    return type(shown) is type(answered) and bool(shown == answered)


def documents(text: str) -> list[Any]:
    """Read JSON documents that stand one after another."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while place < len(text.rstrip()):
        value, place = decoder.raw_decode(text, place + len(text[place:]) - len(text[place:].lstrip()))
        found.append(value)
    return found


def check(page: str, language: str, service: Service, folder: Path, **more: str) -> None:
    chosen = [(code, shown.strip()) for kind, code, shown in blocks(page) if kind == language]
    printed = carried_out([code for code, _ in chosen], language, service, folder, **more)
    assert len(printed) == len(chosen) > 0
    for (code, shown), answered in zip(chosen, printed, strict=True):
        if shown.startswith("{"):
            assert agrees(documents(shown), documents(answered)), f"{code}\n{shown}\n{answered}"
        elif shown:
            assert answered == shown, code


def test_a_shop_is_connected_with_curl(service: Service, tmp_path: Path) -> None:
    check("connect-a-shop.md", "bash", service, tmp_path)


@pytest.mark.parametrize("page", ["connect-a-shop.md", "retrying.md", "ask-for-a-score.md"])
def test_a_shop_is_connected_with_python(service: Service, tmp_path: Path, page: str) -> None:
    key = service.open_shop(page)
    with service.client(key) as shop:
        offer = {"name": "5 euros off", "price_points": 50, "amount": "5.00"}
        if page == "connect-a-shop.md":  # the reward is made in the shell there
            assert shop.post("/v1/rewards", json=offer, headers={"Idempotency-Key": "setup-0"}).is_success
    check(page, "python", service, tmp_path, KEY=key)


def test_what_is_retried_with_curl_is_recorded_once(service: Service, tmp_path: Path) -> None:
    key = service.open_shop("Retrying with curl")
    for _ in range(2):
        check("retrying.md", "bash", service, tmp_path, KEY=key)
    with service.client(key) as shop:
        assert shop.get("/v1/purchases/2001").json()["goods"] == "12.00"


def test_a_page_that_says_otherwise_would_be_found() -> None:
    assert agrees({"points": {"given": 84}, "…": "…"}, {"points": {"given": 84, "due": 84}, "more": 1})
    assert not agrees({"points": {"given": 84}}, {"points": {"given": 85}})
    assert not agrees({"member": 1}, {"member": True})
    assert not agrees([1], [1, 2])
    assert documents('{"a": 1}\n {"b": [2]}\n') == [{"a": 1}, {"b": [2]}]
