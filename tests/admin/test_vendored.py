"""What others made is what they published: every file that a VENDORED.md names has the checksum it gives."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FOLDERS = [
    "admin/static/vendor",
    "admin/icons",
    "loyalty/web/static/swagger",
    "loyalty/web/static/customers",
    "loyalty/web/static/customers/icons",
]


@pytest.mark.parametrize("folder", FOLDERS)
def test_vendored_files_are_unchanged(folder: str) -> None:
    record = (ROOT / folder / "VENDORED.md").read_text(encoding="utf-8")
    recorded = dict(re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", record, re.MULTILINE))
    assert recorded
    assert {name: sha256((ROOT / folder / name).read_bytes()).hexdigest() for name in recorded} == recorded


@pytest.mark.parametrize("folder", ["admin/static/vendor", "admin/icons"])
def test_nothing_of_others_is_unrecorded(folder: str) -> None:
    record = (ROOT / folder / "VENDORED.md").read_text(encoding="utf-8")
    assert [path.name for path in (ROOT / folder).iterdir() if f"`{path.name}`" not in record] == ["VENDORED.md"]


def test_every_icon_is_in_use() -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "admin" / "templates").rglob("*.html"))
    unused = [
        path.stem
        for path in (ROOT / "admin" / "icons").glob("*.svg")
        if f'"{path.stem}"' not in templates.replace("'", '"')
    ]
    assert unused == []
