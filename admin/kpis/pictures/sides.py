"""Which segments a picture shows, what they are called, and in which ink."""

from collections.abc import Container

from admin.format import Format
from admin.series import SIDES

MARKS = {"member": "m", "non_member": "n", "all": "a"}


def shown(told: Container[str]) -> list[str]:
    """Show members and non-members where they are told apart, else all."""
    return [side for side in SIDES if side in told] or ["all"]


def titles(f: Format) -> dict[str, str]:
    """Name the segments."""
    words = f.words
    return {
        "member": words.gettext("Members"),
        "non_member": words.gettext("Non-members"),
        "all": words.gettext("All"),
    }
