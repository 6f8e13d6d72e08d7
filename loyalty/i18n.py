"""Words in the reader's language. English is written in the source; the other catalogues are in `locale/`.

The `.po` files are read as they are: a compiled twin would be one more thing that can be stale. Translators type
ordinary spaces; the ones that French wants unbreakable are made so here, at reading.

`python -m loyalty.i18n --check` tells what a catalogue lacks or keeps without need, `--update` rewrites it.
"""

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from gettext import c2py
from io import BytesIO
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

SOURCE_LANGUAGE = "en"
LANGUAGES = (SOURCE_LANGUAGE, "fr")

HERE = Path(__file__).parent / "locale"
ROOMS = ("loyalty", "kpi", "surveys", "admin")
KEYWORDS = {**DEFAULT_KEYWORDS, "mark": None}

_NAMES = re.compile(r"%\((\w+)\)")
_UNBREAKABLE = re.compile(r" (?=[;:!?»]|%%|%(?!\())|(?<=«) ")


def mark(message: str) -> str:
    """Have a text of the source translated that is said later, by `words_in(language).gettext(message)`."""
    return message


def with_french_spaces(text: str) -> str:
    """Make the spaces before ; : ! ? % and inside « » unbreakable (U+00A0; Inter draws U+202F too thin to see)."""
    return _UNBREAKABLE.sub("\N{NO-BREAK SPACE}", text)


class Words:
    """What the service says, in one language. An unknown message is said in English.

    Every method takes the values of the message's `%(name)s` by name, as the templates' `gettext` does; so a
    message writes a percent sign twice.
    """

    def __init__(self, language: str, catalog: Catalog | None = None) -> None:
        """Read the sentences of a catalogue; the source language needs none."""
        self.language = language
        self._plural: Callable[[int], int] = c2py(catalog.plural_expr if catalog else "n != 1")
        self._said = dict(_said(catalog)) if catalog else {}

    def gettext(self, message: str, /, **values: object) -> str:
        """Say `message`."""
        return self.unfilled((message,)) % values

    def ngettext(self, singular: str, plural: str, n: int, /, **values: object) -> str:
        """Say it for `n` things."""
        return self.unfilled((singular, plural), n) % values

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        """Say what `message` means in this `context`."""
        return self.unfilled((message,), context=context) % values

    def unfilled(self, forms: tuple[str, ...], n: int = 1, context: str | None = None) -> str:
        """Give a message with its `%(name)s` still in it, for a template engine that fills them in itself."""
        said = self._said.get((context, forms[0]))
        if said is None:
            return forms[0] if len(forms) == 1 or n == 1 else forms[1]
        return said[min(self._plural(n), len(said) - 1) if len(forms) > 1 else 0]


def _said(catalog: Catalog) -> Iterator[tuple[tuple[str | None, str], tuple[str, ...]]]:
    """Go through what the catalogue translates, ready to be said."""
    tidy = with_french_spaces if str(catalog.locale) == "fr" else str
    for message in catalog:
        forms = _forms(message.string)
        if message.id and all(forms) and not message.fuzzy:
            yield (message.context, _forms(message.id)[0]), tuple(tidy(form) for form in forms)


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)


@cache
def words_in(language: str) -> Words:
    """Give the words of one of `LANGUAGES`."""
    return Words(language, None if language == SOURCE_LANGUAGE else _catalogue(language))


def choose_language(*, asked: str | None = None, kept: str | None = None, accept: str = "") -> str:
    """Choose among `LANGUAGES`: what the address asks for, what the cookie kept, what the browser accepts, English."""
    for wish in (asked, kept, *_accepted(accept)):
        language = (wish or "").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return SOURCE_LANGUAGE


def _accepted(header: str) -> list[str]:
    """Order the languages of an Accept-Language header (RFC 9110 §12.5.4), the most wanted first."""
    wishes: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            wanted = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            wanted = 0.0
        if wanted > 0:
            wishes.append((wanted, tag.strip()))
    return [tag for _, tag in sorted(wishes, key=lambda wish: -wish[0])]


def _po_file(language: str) -> Path:
    return HERE / language / "LC_MESSAGES" / "messages.po"


def _catalogue(language: str) -> Catalog:
    with _po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def _template(root: Path) -> Catalog:
    """Collect the messages of the source below `root`."""
    with (HERE / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]

    def is_ours(folder: str) -> bool:
        return Path(folder).relative_to(root).parts[0] in ROOMS and not Path(folder).name.startswith("_")

    template = Catalog()
    found = extract_from_dir(
        root, methods, options, keywords=KEYWORDS, comment_tags=("Translators:",), directory_filter=is_ours
    )
    # In one order on every machine: file systems list their files as they like.
    for name, line, message, comments, context in sorted(found, key=lambda one: one[:2]):
        template.add(message, locations=[(name, line)], auto_comments=comments, context=context)
    return template


def problems(language: str, root: Path) -> list[str]:
    """Tell what is wrong with a catalogue, seen from the source below `root`; nothing when it can be shipped."""
    catalogue, template = _catalogue(language), _template(root)
    known = {(message.context, message.id): message for message in catalogue if message.id}
    wanted = {(message.context, message.id): message for message in template if message.id}
    found = [f"stale: {key[1]!r} is no longer in the source" for key in known if key not in wanted]
    for key, message in wanted.items():
        place = message.locations[0][0] if message.locations else "?"
        found.extend(f"{place}: {fault}: {key[1]!r}" for fault in _faults(known.get(key), language))
    return found


def _faults(message: Message | None, language: str) -> Iterator[str]:
    """Name what keeps one message from being said well."""
    if message is None:
        yield "missing"
        return
    forms = _forms(message.string)
    if not all(forms):
        yield "not translated"
    elif message.fuzzy:
        yield "fuzzy"
    names = set(_NAMES.findall(" ".join(_forms(message.id))))
    if any(set(_NAMES.findall(form)) - names for form in forms):
        yield "names a value that the source does not give"
    if language == "fr" and any("'" in form for form in forms):
        yield "has a straight apostrophe"


def update(language: str, root: Path) -> None:
    """Rewrite a catalogue: new messages empty, stale ones gone, translations kept."""
    catalogue, template = _catalogue(language), _template(root)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    # The header stays as it is: Babel's would name people and times, and change with every run.
    header = _po_file(language).read_text(encoding="utf-8").partition("\n\n")[0]
    messages = BytesIO()
    write_po(messages, catalogue, width=118, sort_by_file=True, include_lineno=False, omit_header=True)
    _po_file(language).write_text(f"{header}\n\n{messages.getvalue().decode().strip()}\n", encoding="utf-8")


@click.command()
@click.option("--update", "rewrite", is_flag=True, help="Rewrite the catalogues from the source first.")
@click.option("--check", is_flag=True, help="Tell what is missing or stale; fails if anything is.")
def main(*, rewrite: bool, check: bool) -> None:
    """Keep the catalogues in step with the source."""
    root = Path(__file__).parent.parent
    languages = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
    if rewrite:
        for language in languages:
            update(language, root)
    faults = [f"{language}: {fault}" for language in languages for fault in problems(language, root)] if check else []
    for fault in faults:
        click.echo(fault, err=True)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
