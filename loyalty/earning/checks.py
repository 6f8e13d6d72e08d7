"""What a list of rules must be before it is saved or published; each thing that is wrong is named with its place."""

from collections.abc import Iterable
from typing import Any

from loyalty.earning.rule import Frame, Rule, load
from loyalty.errors import Invalid

MOST_RULES = 100
# What only rules about lines may say.
_OF_LINES = ("skus", "categories", "except_skus", "except_categories", "minimum_minor")
_NOTHING = Frame()


def checked(rules: list[dict[str, Any]]) -> list[Rule]:
    """Load rules; `Invalid` names everything that is wrong with them."""
    if len(rules) > MOST_RULES:
        msg = f"A version has at most {MOST_RULES} rules."
        raise Invalid(msg, pointer="/rules")
    problems: list[Invalid] = []
    loaded: list[tuple[int, Rule]] = []
    for place, settings in enumerate(rules):
        try:
            loaded.append((place, load(settings, place)))
        except Invalid as error:
            problems.append(error)
    problems += _of_each(loaded)
    # With one that cannot be read, nobody knows which ids there are.
    if len(loaded) == len(rules):
        problems += _of_ids(loaded)
    refuse(problems)
    return [rule for _, rule in loaded]


def refuse(problems: list[Invalid]) -> None:
    """Raise all that is wrong at once."""
    if problems:
        raise Invalid(problems[0].detail, pointer=problems[0].pointer, problems=problems)


def _of_each(loaded: list[tuple[int, Rule]]) -> Iterable[Invalid]:
    for place, rule in loaded:
        if rule.stage == "multiplier" and rule.frame.exclusive:
            yield _wrong(place, "exclusive", "A multiplier cannot be exclusive: it would silence what it multiplies.")
        if rule.stage == "cap" and rule.frame.exclusive:
            yield _wrong(place, "exclusive", "A cap cannot be exclusive: it is never silenced, and silences nobody.")
        if rule.stage == "cap" or rule.settings.on == "action":
            for name in _OF_LINES:
                if getattr(rule.frame, name) != getattr(_NOTHING, name):
                    yield _wrong(place, name, f"A rule of kind {rule.kind} is not about what was bought.")


def _of_ids(loaded: list[tuple[int, Rule]]) -> Iterable[Invalid]:
    seen: set[str] = set()
    for place, rule in loaded:
        if rule.id in seen:
            yield _wrong(place, "id", f"Another rule has the id {rule.id!r} already.")
        seen.add(rule.id)
    gives = {rule.id for _, rule in loaded if rule.stage != "cap"}
    for place, rule in loaded:
        if rule.stage == "cap":
            for number, name in enumerate(getattr(rule.settings, "rules", ())):
                if name not in gives:
                    yield _wrong(place, f"rules/{number}", f"There is no rule {name!r} that gives points.")


def _wrong(place: int, field: str, message: str) -> Invalid:
    return Invalid(message, pointer=f"/rules/{place}/{field.removesuffix('_minor')}")


def unknown(rules: list[Rule], field: str, known: set[str]) -> list[Invalid]:
    """Name the tiers or segments that rules speak of and that there are not."""
    return [
        _wrong(place, f"{field}/{number}", f"There is no {field.removesuffix('s')} {key!r}.")
        for place, rule in enumerate(rules)
        for number, key in enumerate(getattr(rule.frame, field))
        if key not in known
    ]
