"""docs/surveys.md read by a machine: its tables, row by row."""

from datetime import datetime
from pathlib import Path

from tests.paper import local

PAGE = Path(__file__).parents[2] / "docs" / "surveys.md"


def rows(*heads: str) -> list[dict[str, str]]:
    """Give the rows of the table with these heads; each a dict by head, without back-ticks."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index(f"| {' | '.join(heads)} |")
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.replace("`", "")[1:-1].split("|")]
        found.append(dict(zip(heads, cells, strict=True)))
    assert found, heads
    return found


def instant(told: str) -> datetime:
    """Read a local time of Paris."""
    return local(told)
