"""Why a whole file could not be brought in, in the reader's language.

The service tells it in English, in a sentence of which there are few; other languages know them by how they go.
"""

import re

from admin.format import Format
from loyalty.i18n import SOURCE_LANGUAGE, mark

_SENTENCES = [
    (
        re.compile(r"The file is empty; its first row has the names of the columns\."),
        mark("The file is empty; its first row has the names of the columns."),
    ),
    (
        re.compile(r"The first row cannot be the names of columns \(.*\)\. Save the file as CSV in UTF-8\.", re.DOTALL),
        mark("The first row cannot be the names of columns. Save the file as CSV in UTF-8."),
    ),
    (
        re.compile(r"The file has more than one column named (?P<names>.+)\."),
        mark("The file has more than one column named %(names)s."),
    ),
    (
        re.compile(r"The file has both (?P<one>.+) and (?P<other>.+), which say the same; leave one out\."),
        mark("The file has both %(one)s and %(other)s, which say the same; leave one out."),
    ),
    (
        re.compile(r"Missing columns: (?P<names>.+?)\. Found: .* The columns seem to be separated by .+\."),
        mark("Missing columns: %(names)s. The columns must be separated by commas."),
    ),
    (
        re.compile(r"Missing columns: (?P<names>.+?)\. Found: (?P<found>.*)\."),
        mark("Missing columns: %(names)s. Found: %(found)s."),
    ),
    (
        re.compile(r"(?P<file>.+) is (an Excel or zip file|UTF-16|a PDF); save it as CSV in UTF-8\."),
        mark("%(file)s is no CSV in UTF-8; save it as that."),
    ),
    (
        re.compile(r"The file unpacks to more than (?P<size>\d+) GB; send it in parts\."),
        mark("The file unpacks to more than %(size)s GB; send it in parts."),
    ),
]


def failure(error: str, f: Format) -> tuple[str, str]:
    """Give (why, the service's own words); of these none where the first says it all."""
    if f.words.language == SOURCE_LANGUAGE:
        return error, ""
    for pattern, message in _SENTENCES:
        if found := pattern.fullmatch(error):
            said = {name: text.replace(" or ", f.words.gettext(" or ")) for name, text in found.groupdict().items()}
            return f.words.gettext(message, **said), ""
    return f.words.gettext("the service met something that it did not expect. Its own words:"), error
