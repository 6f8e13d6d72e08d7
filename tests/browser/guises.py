"""In which guises a page is looked at: two on every run, each language and each width once, and all in the long run."""

import pytest
from _pytest.mark.structures import ParameterSet

PHONE = 390


def guises(wide: int) -> list[ParameterSet]:
    """Pair languages with widths. French, whose words are longer, has the narrow one."""
    told = [("en", wide), ("fr", PHONE)]
    also = [("en", PHONE), ("fr", wide)]
    return [pytest.param(*pair) for pair in told] + [pytest.param(*pair, marks=pytest.mark.long) for pair in also]


def with_and_without_scripts() -> list[ParameterSet]:
    """Pair languages with a browser that runs scripts and one that does not."""
    told = [("en", True), ("fr", False)]
    also = [("en", False), ("fr", True)]
    return [_named(*pair) for pair in told] + [_named(*pair, marks=[pytest.mark.long]) for pair in also]


def _named(language: str, scripts: bool, marks: list[pytest.MarkDecorator] | None = None) -> ParameterSet:  # noqa: FBT001
    return pytest.param(
        language, scripts, marks=marks or [], id=f"{language}-{'with scripts' if scripts else 'without'}"
    )
