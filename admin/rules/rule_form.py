"""The form of one rule: what its kind asks for, and the conditions, which are folded away until they are wanted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from admin.format import Format
from admin.forms import Input, KindForm, Said, draw, read
from admin.rules.listing import speaker_of, tier_names
from admin.rules.sentences import Settings, id_of_rule
from loyalty.earning.kind import KINDS
from loyalty.earning.rule import Frame
from loyalty.i18n import mark
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.staff import RulesSeen

_FRAME = "f-"
_OWN = "k-"
# Conditions by the question that they answer, and the rules that may have them.
_GROUPS: Mapping[str, tuple[str, Sequence[str]]] = {
    "when": (mark("When"), ("starts_on", "ends_on", "weekdays", "from_time", "until_time")),
    "who": (mark("For whom"), ("tiers", "segments")),
    "what": (
        mark("On what"),
        ("minimum_minor", "skus", "categories", "except_skus", "except_categories"),
    ),
    "others": (mark("Beside other rules"), ("exclusive", "priority")),
}
# What a struct says of the whole, at the field where it can be changed.
_PLACED = {
    "starts_on is not after ends_on": ("ends_on", mark("This is before the first day.")),
    "from_time is before until_time; for hours around midnight make two rules": (
        "until_time",
        mark("This is not after the beginning. For hours around midnight make two rules."),
    ),
    "points expire after days or after months, not both": (
        "expires_after_months",
        mark("Points expire after days or after months, not both."),
    ),
    "factor is a decimal from 1 to 100": ("factor", mark("Write a number from 1 to 100.")),
}


@dataclass(frozen=True)
class Group:
    """Conditions that answer one question. It is open when there are any."""

    key: str
    title: str
    inputs: Sequence[Input]

    @property
    def is_open(self) -> bool:
        """Whether anything is filled in or wrong."""
        return any(one.value or one.chosen or one.error for one in self.inputs)


@dataclass(frozen=True)
class RuleForm:
    """The form of a rule. `id` is of one that is there; `about` says what its kind does."""

    kind: str
    id: str
    title: str
    about: str
    name: Input
    own: KindForm
    groups: Sequence[Group]
    error: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether it cannot be saved so."""
        inputs = [self.name, *(one for group in self.groups for one in group.inputs)]
        return bool(self.error) or self.own.is_wrong or any(one.error for one in inputs)


def kinds(f: Format) -> list[tuple[str, str, str]]:
    """List (kind, title, what it does) of all kinds, those about purchases first."""
    order = ("base", "multiplier", "bonus", "cap")
    found: list[Any] = sorted(KINDS.all().items(), key=lambda one: (order.index(one[1].stage), one[1].on == "action"))
    return [
        (name, f.words.gettext(getattr(kind, "title", name)), f.words.gettext(getattr(kind, "about", "")))
        for name, kind in found
    ]


def draw_rule(
    rule: Settings, rule_id: str, rules: Sequence[Settings], seen: RulesSeen, program: ProgramFacts, f: Format
) -> RuleForm:
    """Draw the form of a rule as it is; `{"kind": …}` alone is a new one."""
    name, kind = str(rule["kind"]), _struct(str(rule["kind"]))
    offered = _offered(rule, rules, seen, program, f)
    own = draw(name, kind, rule, f, program, _OWN, offered)
    # What it does not say is left empty, not filled with what goes without saying.
    framing = {field: rule.get(field) for field in Frame.__struct_fields__}
    return _put_together(rule_id, own, draw("frame", Frame, framing, f, program, _FRAME, offered), kind, f)


def read_rule(
    said: Said,
    rule: Settings,
    rule_id: str,
    rules: Sequence[Settings],
    seen: RulesSeen,
    program: ProgramFacts,
    f: Format,
) -> tuple[RuleForm, dict[str, Any] | None]:
    """Read the form of a rule: as it was written with what is wrong, and its settings when nothing is."""
    name, kind = str(rule["kind"]), _struct(str(rule["kind"]))
    offered = _offered(rule, rules, seen, program, f)
    own, settings = read(name, kind, said, f, program, _OWN, offered)
    framed, framing = read("frame", Frame, said, f, program, _FRAME, offered)
    form = _put_together(rule_id, _placed(own, f), _placed(framed, f), kind, f)
    if settings is None or framing is None or form.is_wrong:
        return form, None
    known = {one.name.removeprefix(_FRAME) for one in (form.name, *(i for group in form.groups for i in group.inputs))}
    framing = {field: value for field, value in framing.items() if field in known and value != _blank(field)}
    return form, {"kind": name, "id": rule_id, **framing, **_said(settings, kind)}


def new_id(kind: str, rules: Sequence[Settings]) -> str:
    """Give a rule an id that no other has: `multiplier`, `multiplier-2`."""
    taken = {id_of_rule(rule, place) for place, rule in enumerate(rules)}
    plain = re.sub(r"[^a-z0-9]+", "-", kind)
    return next(name for n in range(1, len(taken) + 2) if (name := plain if n == 1 else f"{plain}-{n}") not in taken)


def _put_together(rule_id: str, own: KindForm, frame: KindForm, kind: Any, f: Format) -> RuleForm:  # noqa: ANN401 - a struct
    by_name = {one.name.removeprefix(_FRAME): one for one in frame.inputs}
    groups = [
        Group(key, f.words.gettext(title), [by_name[name] for name in names if _is_asked(by_name[name])])
        for key, (title, names) in _GROUPS.items()
        if _has(key, kind)
    ]
    return RuleForm(
        kind=own.kind,
        id=rule_id,
        title=own.title,
        about=f.words.gettext(getattr(kind, "about", "")),
        name=by_name["name"],
        own=own,
        groups=[group for group in groups if group.inputs],
        error=frame.error,
    )


def _has(group: str, kind: Any) -> bool:  # noqa: ANN401 - a struct
    """Tell whether rules of a kind may have these conditions."""
    if group == "what":
        return bool(kind.on == "purchase" and kind.stage != "cap")
    return group != "others" or bool(kind.on == "purchase" and kind.stage in {"base", "bonus"})


def _is_asked(one: Input) -> bool:
    """Leave out boxes where there is nothing to choose from."""
    return one.shape != "choices" or bool(one.options)


def _offered(
    rule: Settings, rules: Sequence[Settings], seen: RulesSeen, program: ProgramFacts, f: Format
) -> dict[str, list[tuple[str, str]]]:
    speaker = speaker_of(program, seen, rules, f)
    gives = {
        id_of_rule(one, place): speaker.title(one)
        for place, one in enumerate(rules)
        if getattr(KINDS.find(str(one.get("kind"))), "stage", "cap") != "cap"
    }
    offered = {"tiers": tier_names(seen, f), "segments": seen.segments}
    found = {name: _with_chosen(names, rule.get(name, ())) for name, names in offered.items()}
    if "rules" in _struct(str(rule["kind"])).__struct_fields__:
        found["rules"] = _with_chosen(gives, rule.get("rules", ()))
    return found


def _with_chosen(names: Mapping[str, str], chosen: Sequence[str]) -> list[tuple[str, str]]:
    """Offer what there is, and what was chosen before also where it is no longer there."""
    return [*names.items(), *((key, key) for key in chosen if key not in names)]


def _placed(form: KindForm, f: Format) -> KindForm:
    """Say what is wrong with the whole at the field where it can be changed."""
    name, message = _PLACED.get(form.error, ("", ""))
    if not name:
        return form
    said = f.words.gettext(message)
    inputs = [replace(one, error=said) if one.name == form.prefix + name else one for one in form.inputs]
    return replace(form, inputs=inputs, error="")


def _said(settings: Mapping[str, Any], kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Leave out lists that are empty, and what goes without saying."""
    defaults = {one.name: one.default for one in msgspec.structs.fields(kind)}
    return {name: value for name, value in settings.items() if value != [] and value != defaults.get(name, ...)}


def _blank(field: str) -> object:
    value = getattr(Frame(), field)
    return list(value) if isinstance(value, tuple) else value


def _struct(kind: str) -> type[msgspec.Struct]:
    return KINDS.all()[kind]  # type: ignore[return-value] # every kind is one
