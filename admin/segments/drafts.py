"""A segment while it is written: its name and conditions as the form has them, without a script needed to add one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from unicodedata import normalize

import msgspec

from admin.format import Format
from admin.forms import KindForm, Said, draw, read
from loyalty.programs.facts import ProgramFacts
from loyalty.segments.condition import CONDITIONS, MOST_CONDITIONS
from loyalty.segments.facts import SegmentFacts

LONGEST_NAME = 128
LONGEST_KEY = 64
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Draft:
    """The fields as they were filled in; `errors` by field, `""` for the whole. `kept`: only its name can be changed.

    `settings` are the conditions to store, as long as nothing is wrong with any.
    """

    name: str = ""
    key: str = ""
    conditions: Sequence[KindForm] = ()
    settings: Sequence[dict[str, Any]] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    kept: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether it cannot be saved so."""
        return bool(self.errors) or any(form.is_wrong for form in self.conditions)


def kinds(f: Format) -> list[tuple[str, str]]:
    """List (kind, title) of all conditions, by title."""
    titles = [(name, f.words.gettext(kind.title)) for name, kind in CONDITIONS.all().items()]
    return sorted(titles, key=lambda one: one[1].casefold())


def draft_of(segment: SegmentFacts, f: Format, program: ProgramFacts) -> Draft:
    """Begin with a segment as it is."""
    forms = [_drawn(str(one["kind"]), one, f, program, place) for place, one in enumerate(segment.conditions or [])]
    return Draft(segment.name, segment.key, forms, kept=segment.kept_by is not None)


def with_condition(draft: Draft, kind: str, f: Format, program: ProgramFacts) -> Draft:
    """Add a condition that is still to be filled in; a kind that there is not adds none."""
    if kind not in CONDITIONS.all() or len(draft.conditions) >= MOST_CONDITIONS:
        return calm(draft)
    added = _drawn(kind, {}, f, program, len(draft.conditions))
    return calm(replace(draft, conditions=[*draft.conditions, added]))


def without_condition(draft: Draft, place: str) -> Draft:
    """Take a condition away."""
    left = [form for number, form in enumerate(draft.conditions) if str(number) != place]
    return calm(replace(draft, conditions=left))


def calm(draft: Draft) -> Draft:
    """Say nothing of what is wrong while somebody is still writing."""
    forms = [form.placed(_prefix(place), calm=True) for place, form in enumerate(draft.conditions)]
    return replace(draft, conditions=forms, errors={})


def draft_from(said: Said, f: Format, program: ProgramFacts, *, kept: bool = False) -> Draft:
    """Read the form, and tell what is wrong with it."""
    words, name = f.words, " ".join(_last(said, "name").split())
    key = _last(said, "key") or slug(name)
    errors: dict[str, str] = {}
    forms: list[KindForm] = []
    settings: list[dict[str, Any]] = []
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        errors["name"] = words.gettext("Write a name of at most %(most)s characters.", most=f.number(LONGEST_NAME))
    elif not _KEY.fullmatch(key) or len(key) > LONGEST_KEY:
        errors["key"] = words.gettext("Write small letters and digits, with single hyphens between words.")
    for place in range(MOST_CONDITIONS):
        kind = CONDITIONS.find(_last(said, f"{_prefix(place)}kind"))
        if kind is None:
            continue
        form, one = read(_last(said, f"{_prefix(place)}kind"), _struct(kind), said, f, program, _prefix(place))
        forms.append(form.placed(_prefix(len(forms))))
        if one is not None:
            settings.append({"kind": form.kind, **one})
    if not forms and not kept:
        errors[""] = words.gettext("Add a condition: it says who is in the segment.")
    return Draft(name, key if _last(said, "key") else "", forms, settings, errors, kept)


def key_of(draft: Draft) -> str:
    """Give the key of a new segment: the one that was written, or one made of its name."""
    return draft.key or slug(draft.name)


def slug(name: str) -> str:
    """Make a key of a name: `Fidèles d’été` becomes `fideles-d-ete`."""
    plain = normalize("NFKD", name.replace("’", " ")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_KEY].strip("-")


def _drawn(kind: str, settings: Mapping[str, Any], f: Format, program: ProgramFacts, place: int) -> KindForm:
    return draw(kind, _struct(CONDITIONS.all()[kind]), settings, f, program, _prefix(place))


def _struct(kind: object) -> type[msgspec.Struct]:
    return kind  # type: ignore[return-value] # every kind is one


def _prefix(place: int) -> str:
    return f"c{place}-"


def _last(said: Said, name: str) -> str:
    return (said.get(name) or [""])[-1]
