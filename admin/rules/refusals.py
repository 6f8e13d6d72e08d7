"""What the rules below refuse, said in the reader's language."""

import re

from admin.format import Format
from loyalty.errors import Invalid
from loyalty.i18n import mark

# What a refusal says, and how it is said to a person; the names that it gives are put in.
_SAID = (
    (
        r"A multiplier cannot be exclusive.*",
        mark("A multiplier cannot speak alone: it would silence what it multiplies."),
    ),
    (r"A cap cannot be exclusive.*", mark("A limit cannot speak alone: it is never silenced, and silences nobody.")),
    (r"A rule of kind \w+ is not about what was bought\.", mark("A rule of this kind is not about what was bought.")),
    (r"Another rule has the id '(?P<id>.+)' already\.", mark("Another rule has the id “%(id)s” already.")),
    (r"There is no rule '(?P<id>.+)' that gives points\.", mark("There is no rule “%(id)s” that gives points.")),
    (r"A version has at most (?P<most>\d+) rules\.", mark("A version has at most %(most)s rules.")),
    (
        r"\d+ back-tests are waiting already.*",
        mark("Too many back-tests are waiting already. Wait for one to end, or cancel one."),
    ),
    (r"Rules begin on .* at the latest\.", mark("Write a date or time that there is.")),
)


def refusal_said(refusal: Invalid, f: Format) -> str:
    """Say why rules were not taken; what nobody thought of, with the words of the refusal."""
    for pattern, said in _SAID:
        found = re.fullmatch(pattern, refusal.detail)
        if found:
            return f.words.gettext(said, **found.groupdict())
    return f.words.gettext("These rules cannot be taken: %(why)s", why=refusal.detail)
