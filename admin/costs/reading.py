"""How days and decimals are read from a form: as the reader's language writes them, and never guessed."""

import re
from datetime import date
from decimal import Decimal

from admin.format import Format
from kpi.periods import FIRST_DAY

# A comma parts thousands in English and decimals in French; where it could be either, it is refused.
_DECIMALS = {
    "en": re.compile(r"([0-9]{1,9}|[0-9]{1,3}(,[0-9]{3}){1,2})(\.[0-9]{1,6})?"),
    "fr": re.compile(r"([0-9]{1,9}|[0-9]{1,3}( [0-9]{3}){1,2})([.,][0-9]{1,6})?"),
}
_SPACES = re.compile(r"[\s\u00a0\u202f]+")


def decimal_of(text: str, f: Format, most_digits: int) -> Decimal | None:
    """Read a number from 0 below 1,000,000,000; None when it is none, or has more decimals than there may be."""
    tidy = _SPACES.sub(" ", text.strip())
    if not _DECIMALS[f.language].fullmatch(tidy):
        return None
    plain = tidy.replace(",", "") if f.language == "en" else tidy.replace(" ", "").replace(",", ".")
    value = Decimal(plain)
    return value if value == round(value, most_digits) else None


def day_of(text: str) -> date | None:
    """Read a day as browsers send it, `2017-05-31`; None when it is none, or before there were any figures."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= FIRST_DAY else None


def decimals_of(value: Decimal, least: int) -> int:
    """Count the decimals that write a value in full, `least` at least."""
    exponent = value.normalize().as_tuple().exponent
    return max(least, -exponent) if isinstance(exponent, int) else least
