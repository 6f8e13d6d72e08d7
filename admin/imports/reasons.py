"""Why rows of files were refused, in the reader's language.

The service tells it in English, with what it found; other languages say it by the lasting code, and quote that.
"""

import re

from admin.format import Format
from loyalty.i18n import SOURCE_LANGUAGE, mark
from loyalty.imports.facts import Refused

_QUOTED = re.compile(r"'([^']{1,41})'")
# By code, or by code and column where that says more.
_REASONS = {
    "bad_id": mark("An id has 1 to 128 printable characters, and no space before or after it."),
    "bad_instant": mark("This is no instant with its offset, like 2026-03-31T23:59:59Z."),
    "no_offset": mark("The offset is missing: write Z or +01:00 after the time, like 2026-03-31T23:59:59Z."),
    "bad_day": mark("This is no day of the calendar, written YYYY-MM-DD."),
    "bad_amount": mark("This is no amount: write digits with a point, like 1234.50; minor units without one."),
    "negative_amount": mark("The amount is negative; what was taken back comes as a refund."),
    "too_many_decimals": mark("The amount has more decimals than the currency."),
    "amount_too_large": mark("The amount is too large."),
    "bad_points": mark("This is no whole number of points above zero."),
    "bad_flag": mark("Write true or false."),
    "bad_word": mark("This is none of the words that the column takes."),
    "bad_text": mark("A text has 1 to 128 printable characters."),
    "bad_name": mark("A name has 1 to 256 printable characters."),
    "bad_reason": mark("A reason has 1 to 500 characters."),
    "bad_email": mark("This is no e-mail address."),
    "bad_language": mark("This is no language like fr or fr-CH."),
    "bad_currency": mark("This is no ISO 4217 currency like EUR."),
    "bad_value": mark("A list or an object cannot stand there."),
    "bad_csv": mark("The row is no CSV: look for a quotation mark that is missing."),
    "bad_json": mark("The row is no JSON object."),
    "bad_encoding": mark("The row is not UTF-8."),
    "nul_character": mark("The row holds a NUL character."),
    "row_too_long": mark("The row is too long."),
    "wrong_number_of_fields": mark("The row has more or fewer fields than the header."),
    "missing_value": mark("A value is missing."),
    "said_twice": mark("Two columns say the same; leave one of them empty."),
    "reward_over_goods": mark("The reward’s discount is more than the goods."),
    "other_facts": mark("It is recorded already, with other facts. What is recorded stays."),
    "already_member_since": mark("This customer was a member then already, under another day of joining."),
    "left_already": mark("This membership has ended already, at another instant."),
    "customer_erased": mark("This person was erased; the customer id is not given again."),
    "not_found": mark("There is nothing of that name here; import it first."),
    "not_found customer_id": mark("There is no such customer; import the members first."),
    "invalid": mark("The value cannot be."),
    "invalid currency": mark("Purchases in another currency than the programme’s cannot be recorded."),
    "invalid placed_at": mark("This lies in the future."),
    "invalid joined_at": mark("This lies in the future."),
    "invalid refunded_at": mark("This lies in the future."),
    "invalid earned_at": mark("This lies in the future."),
    "invalid left_at": mark("It must be later than the joining, and not lie in the future."),
    "invalid expires_at": mark("It must be later than the day of earning."),
}


def reason(row: Refused, f: Format) -> str:
    """Say why a row was refused; in the service's English where the code is a new one."""
    known = _REASONS.get(f"{row.code} {row.column}") or _REASONS.get(row.code)
    if f.words.language == SOURCE_LANGUAGE or known is None:
        return row.message
    said, found = f.words.gettext(known), _QUOTED.search(row.message)
    return f.words.gettext("%(reason)s Found: “%(text)s”.", reason=said, text=found[1]) if found else said
