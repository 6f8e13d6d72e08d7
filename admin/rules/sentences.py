"""A rule as a sentence, made of its settings: `×2 on Fridays for Gold, until 30 Nov 2026`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from babel.lists import format_list

from admin.format import Format
from admin.forms import draw
from admin.members.telling import points_said
from loyalty.earning.kind import KINDS, PERIODS
from loyalty.i18n import mark
from loyalty.programs.facts import ProgramFacts

Settings = Mapping[str, Any]
# Of a longer list, so many are named.
_NAMED = 3


@dataclass(frozen=True)
class Names:
    """What settings name by key, as people know it."""

    segments: Mapping[str, str] = field(default_factory=dict)
    tiers: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Speaker:
    """Who makes sentences: the language, the programme, and the names in it."""

    f: Format
    program: ProgramFacts
    names: Names = field(default_factory=Names)

    def sentence(self, rule: Settings) -> str:
        """Say what a rule does, and when, for whom, on what."""
        make = _HEADS.get(str(rule.get("kind")), of_any_kind)
        said = " ".join(text for text in (make(self, rule), *self._inside(rule)) if text)
        return ", ".join(text for text in (said, *self._behind(rule)) if text)

    def title(self, rule: Settings) -> str:
        """Call a rule by its name, or by what it does."""
        return str(rule.get("name") or self.sentence(rule))

    def listed(self, items: Sequence[str]) -> str:
        """Write `A, B and 4 others`."""
        shown = list(items[:_NAMED])
        if more := len(items) - len(shown):
            shown.append(self.f.words.ngettext("%(n)s other", "%(n)s others", more, n=self.f.number(more)))
        return format_list(shown, "standard", self.f.locale).replace(", and ", " and ")

    def _inside(self, rule: Settings) -> list[str]:
        words = self.f.words
        bought = [*rule.get("categories", ()), *rule.get("skus", ())]
        but = [*rule.get("except_categories", ()), *rule.get("except_skus", ())]
        days = [words.gettext(_ON_DAYS[day]) for day in rule.get("weekdays", ())]
        who = [self.names.tiers.get(key, key) for key in rule.get("tiers", ())]
        who_else = [
            words.gettext("“%(name)s”", name=self.names.segments.get(key, key)) for key in rule.get("segments", ())
        ]
        return [
            words.gettext("on %(products)s", products=self.listed(bought)) if bought else "",
            words.gettext("except on %(products)s", products=self.listed(but)) if but else "",
            words.pgettext("weekdays", "on %(days)s", days=self.listed(days)) if 0 < len(days) < len(_ON_DAYS) else "",
            self._hours(rule),
            words.gettext("for %(customers)s", customers=self.listed(who)) if who else "",
            words.gettext("for those in %(segments)s", segments=self.listed(who_else)) if who_else else "",
        ]

    def _hours(self, rule: Settings) -> str:
        words = self.f.words
        since, until = (str(rule.get(name) or "")[:5] for name in ("from_time", "until_time"))
        if since and until:
            return words.gettext("from %(from)s to %(until)s", **{"from": since, "until": until})
        if since:
            return words.gettext("after %(time)s", time=since)
        return words.gettext("before %(time)s", time=until) if until else ""

    def _behind(self, rule: Settings) -> list[str]:
        words, minimum = self.f.words, rule.get("minimum_minor")
        return [
            words.gettext("for at least %(amount)s", amount=self.money(minimum)) if minimum else "",
            self._dates(rule),
            self._own_dates(rule),
            words.gettext("instead of every other rule") if rule.get("exclusive") else "",
        ]

    def _dates(self, rule: Settings) -> str:
        words = self.f.words
        first, last = (
            self.f.date(date.fromisoformat(str(rule[name]))) if rule.get(name) else ""
            for name in ("starts_on", "ends_on")
        )
        if first and last:
            if first == last:
                return words.gettext("on %(day)s only", day=first)
            return words.gettext("from %(first)s until %(last)s", first=first, last=last)
        if first:
            return words.gettext("from %(first)s", first=first)
        return words.gettext("until %(last)s", last=last) if last else ""

    def _own_dates(self, rule: Settings) -> str:
        """Say when the points of a bonus can be spent and expire, where it says so itself."""
        f, words, wait = self.f, self.f.words, rule.get("available_after_days")
        days, months = rule.get("expires_after_days"), rule.get("expires_after_months")
        said = [words.gettext("to spend at once")] if wait == 0 else []
        if wait:
            said.append(words.ngettext("to spend after %(n)s day", "to spend after %(n)s days", wait, n=f.number(wait)))
        if days:
            said.append(words.ngettext("for %(n)s day", "for %(n)s days", days, n=f.number(days)))
        if months:
            said.append(words.ngettext("for %(n)s month", "for %(n)s months", months, n=f.number(months)))
        return ", ".join(said)

    def money(self, minor: float) -> str:
        """Write an amount without needless decimals."""
        return self.f.money(minor, 0 if self.f.is_whole(minor) else None)


def id_of_rule(rule: Settings, place: int) -> str:
    """Give the id of a rule, which one without has by its place."""
    return str(rule.get("id") or f"rule-{place + 1}")


def naming_each_other(speaker: Speaker, rules: Sequence[Settings]) -> Speaker:
    """Let the rules of a list name each other by their titles."""
    titles = {id_of_rule(rule, place): speaker.title(rule) for place, rule in enumerate(rules)}
    return replace(speaker, names=replace(speaker.names, rules=titles))


def _amount(speaker: Speaker, rule: Settings) -> str:
    f, n, step = speaker.f, rule["points_per_step"], rule["step_minor"]
    name = f.words.ngettext(
        "%(n)s point per %(amount)s", "%(n)s points per %(amount)s", n, n=f.number(n), amount=speaker.money(step)
    )
    return name if rule.get("whole_steps", True) else f.words.gettext("%(rule)s, in proportion", rule=name)


def _times(speaker: Speaker, rule: Settings) -> str:
    text = str(rule["factor"])
    decimals = len(text.partition(".")[2].rstrip("0"))
    return f"×{speaker.f.number(float(text), decimals)}"


def _limit(speaker: Speaker, rule: Settings) -> str:
    f, of = speaker.f, [speaker.names.rules.get(name, name) for name in rule.get("rules", ())]
    points, period = points_said(rule["points"], f), _period(speaker, rule["per"])
    said = f.words.gettext("At most %(points)s per %(period)s", points=points, period=period)
    if rule["per"] == "ever":
        said = f.words.gettext("At most %(points)s in all", points=points)
    return f.words.gettext("%(limit)s of “%(rules)s”", limit=said, rules=speaker.listed(of)) if of else said


def _action(speaker: Speaker, rule: Settings) -> str:
    f = speaker.f
    said = f.words.gettext("%(points)s for “%(action)s”", points=points_said(rule["points"], f), action=rule["action"])
    if not rule.get("once_per"):
        return said
    if rule["once_per"] == "ever":
        return f.words.gettext("%(rule)s, once only", rule=said)
    return f.words.gettext("%(rule)s, once per %(period)s", rule=said, period=_period(speaker, rule["once_per"]))


def _given(message: str) -> Callable[[Speaker, Settings], str]:
    return lambda speaker, rule: speaker.f.words.gettext(message, points=points_said(rule["points"], speaker.f))


def _period(speaker: Speaker, per: str) -> str:
    return speaker.f.words.gettext(PERIODS.get(per, per))


def of_any_kind(speaker: Speaker, rule: Settings) -> str:
    """Say of a kind that nobody has written a sentence for what its form says."""
    form = _form(speaker, rule)
    if form is None:
        return str(rule.get("kind"))
    words = speaker.f.words
    said = form.summary(words.gettext("yes"), words.gettext("no"))
    return f"{form.title} ({', '.join(f'{label}: {value}' for label, value in said)})"


def _form(speaker: Speaker, rule: Settings) -> Any:  # noqa: ANN401 - KindForm or None
    kind: Any = KINDS.find(str(rule.get("kind")))
    return None if kind is None else draw(str(rule["kind"]), kind, rule, speaker.f, speaker.program)


_HEADS: Mapping[str, Callable[[Speaker, Settings], str]] = {
    "points_per_amount": _amount,
    "multiplier": _times,
    "fixed_bonus": _given(mark("+%(points)s for the purchase")),
    "first_purchase": _given(mark("+%(points)s for the first purchase")),
    "joining": _given(mark("%(points)s for joining")),
    "birthday": _given(mark("%(points)s for the birthday")),
    "custom_action": _action,
    "cap": _limit,
}
_ON_DAYS = {
    1: mark("Mondays"),
    2: mark("Tuesdays"),
    3: mark("Wednesdays"),
    4: mark("Thursdays"),
    5: mark("Fridays"),
    6: mark("Saturdays"),
    7: mark("Sundays"),
}
