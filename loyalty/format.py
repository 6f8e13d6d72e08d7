"""Numbers, money and dates as the reader's language writes them (design: look, "Numbers").

Everything here takes exact values and rounds for the eye only. A missing value is an en dash, never a zero.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone_location
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision, get_currency_symbol
from babel.units import format_unit
from markupsafe import Markup

from loyalty.i18n import Words, words_in

LOCALES = {"en": "en_US", "fr": "fr"}
MISSING = "–"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Format:
    """How one language writes the figures of a programme with one currency. Money comes in minor units."""

    language: str
    currency: str

    @cached_property
    def words(self) -> Words:
        """The words of the same language."""
        return words_in(self.language)

    @cached_property
    def locale(self) -> Locale:
        """Babel's rules for it."""
        return Locale.parse(LOCALES[self.language])

    @property
    def says_units_once(self) -> bool:
        """Tell whether two limits share one unit: `5,9 à 10,0 %`."""
        return self.language == "fr"

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write `1,177` or `1 177`."""
        if value is None:
            return MISSING
        if isinstance(value, int) and not digits:
            return _whole(value, LOCALES[self.language])
        return _tidy(format_decimal(value, format=f"#,##0{_decimals(digits)}", locale=self.locale))

    def percent(self, rate: float | None, digits: int = 1) -> str:
        """Write a fraction of 1 as `97.5%` or `97,5 %`."""
        if rate is None:
            return MISSING
        pattern = self.locale.percent_formats[None].pattern.replace("#,##0", f"#,##0{_decimals(digits)}")
        return _tidy(format_percent(rate, format=pattern, locale=self.locale))

    def money(self, minor: float | None, digits: int | None = None) -> str:
        """Write `$30.06` or `30,06 $US`: with the currency's own decimals, or with `digits` of them."""
        if minor is None:
            return MISSING
        digits = self._currency_digits if digits is None else digits
        pattern = self.locale.currency_formats["standard"].pattern.replace(".00", _decimals(digits))
        if pattern.startswith("¤") and get_currency_symbol(self.currency, self.locale)[-1].isalpha():
            pattern = pattern.replace("¤", "¤\N{NO-BREAK SPACE}")  # CHF 30.06
        written = format_currency(
            self._major(minor), self.currency, format=pattern, locale=self.locale, currency_digits=False
        )
        return _tidy(written)

    def major(self, minor: float | None, digits: int | None = None) -> str:
        """Write an amount without its currency, where the currency is said once for two."""
        if minor is None:
            return MISSING
        return self.number(self.in_major(minor), self._currency_digits if digits is None else digits)

    def in_major(self, minor: float) -> float:
        """Turn minor units into the currency's own."""
        return float(self._major(minor))

    def is_whole(self, minor: float) -> bool:
        """Tell whether an amount needs no decimals."""
        return self._major(minor) % 1 == 0

    def days(self, value: float | None, digits: int = 0) -> str:
        """Write `3.7 days` or `1,4 jour`: the word follows the rounded number, as each language counts."""
        if value is None:
            return MISSING
        pattern = f"#,##0{_decimals(digits)}"
        return _tidy(format_unit(round(value, digits), "duration-day", format=pattern, locale=self.locale))

    def signed(self, written: str, value: float) -> str:
        """Give a written difference its sign, also where it rounds to zero: the sign says on which side it is."""
        if value == 0:
            return written
        return f"{'+' if value > 0 else MINUS}{written.removeprefix(MINUS)}"

    def points(self, difference: float | None, digits: int = 1) -> Markup:
        """Write a difference of rates: `+8.0 pp`, for "points" are what members collect."""
        if difference is None:
            return Markup("{}").format(MISSING)
        title = self.words.gettext("percentage points")
        value = self.signed(self.number(difference * 100, digits), difference)
        return Markup('{}\N{NO-BREAK SPACE}<abbr title="{}">{}</abbr>').format(value, title, self.words.gettext("pp"))

    def between(self, low: str, high: str) -> str:
        """Write an interval in words."""
        return self.words.gettext("%(low)s to %(high)s", low=low, high=high)

    def dates(self, first: date, last: date) -> str:
        """Write a range of days, both of them in it: `1 May 2017 to 31 Dec 2017`; a single day once."""
        if first == last:
            return self.date(first)
        return self.words.gettext("%(first)s to %(last)s", first=self.date(first), last=self.date(last))

    def date(self, day: date, pattern: str = "d MMM y") -> str:
        """Write `31 Dec 2017` or `1er mai 2017`; `pattern` is CLDR's."""
        written = _tidy(format_date(day, format=pattern, locale=self.locale))
        return f"1er{written[1:]}" if self.language == "fr" and day.day == 1 and pattern.startswith("d ") else written

    def instant(self, at: datetime, timezone: str) -> str:
        """Write a point in time as the programme's clocks show it: `31 Dec 2017, 23:01`."""
        return ", ".join(self._day_and_clock(at, timezone))

    def moment(self, at: datetime, timezone: str) -> str:
        """Write the same within a sentence, where French wants no comma: `le 1er déc. 2017 à 23:01`."""
        return (" à " if self.language == "fr" else ", ").join(self._day_and_clock(at, timezone))

    def _day_and_clock(self, at: datetime, timezone: str) -> tuple[str, str]:
        there = at.astimezone(ZoneInfo(timezone))
        return self.date(there.date()), format_datetime(there, format="HH:mm", locale=self.locale)

    def place(self, timezone: str) -> str:
        """Name a time zone by its city."""
        return place(timezone, self.language)

    @cached_property
    def _currency_digits(self) -> int:
        return get_currency_precision(self.currency)

    def _major(self, minor: float) -> Decimal:
        return Decimal(str(minor)).scaleb(-self._currency_digits)


def place(timezone: str, language: str) -> str:
    """Name a time zone by its city: `New York`; one that has none by its own name."""
    if "/" not in timezone or timezone.startswith("Etc/"):
        return timezone.removeprefix("Etc/")
    location = get_timezone_location(ZoneInfo(timezone), locale=LOCALES[language], return_city=True)
    return location.rpartition("/")[2]


def _decimals(digits: int) -> str:
    return f".{'0' * digits}" if digits else ""


# A page writes hundreds of small ones.
@lru_cache(maxsize=4096)
def _whole(value: int, locale: str) -> str:
    return _tidy(format_decimal(value, format="#,##0", locale=locale))


def _tidy(written: str) -> str:
    """Use a true minus sign, and one unbreakable space for all (Inter draws U+202F too thin to see)."""
    return written.replace("-", MINUS).replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")
