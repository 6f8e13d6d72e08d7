"""The versions and drafts of the rules in words: what is in force, what is to come, what was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from admin.format import Format
from admin.rules.addresses import base_of, draft_address, version_address
from admin.rules.sentences import Names, Settings, Speaker, id_of_rule, naming_each_other
from loyalty.earning.facts import DraftFacts, VersionFacts
from loyalty.earning.kind import KINDS
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.staff import RulesSeen


@dataclass(frozen=True)
class RuleLine:
    """A rule of a list. `sentence` is empty where the title says it all; `change` of a draft against another list."""

    id: str
    title: str
    sentence: str
    kind: str
    change: str = ""


@dataclass(frozen=True)
class VersionRow:
    """A version; `state` as `VersionFacts` has it."""

    number: int
    name: str
    address: str
    state: str
    begins: str
    ends: str
    published: str
    by: str
    rules: Sequence[RuleLine]


@dataclass(frozen=True)
class DraftRow:
    """A draft on the list."""

    name: str
    address: str
    rules: str
    edited: str
    by: str


@dataclass(frozen=True)
class RulesPage:
    """The list of everything."""

    base: str
    current: VersionRow
    scheduled: Sequence[VersionRow]
    drafts: Sequence[DraftRow]
    former: Sequence[VersionRow]


def speaker_of(program: ProgramFacts, seen: RulesSeen, rules: Sequence[Settings], f: Format) -> Speaker:
    """Give who makes sentences of a list of rules, which may name each other."""
    return naming_each_other(Speaker(f, program, Names(seen.segments, tier_names(seen, f))), rules)


def tier_names(seen: RulesSeen, f: Format) -> dict[str, str]:
    """Name the tiers in the reader's language, or another that there is."""
    return {key: names.get(f.language) or next(iter(names.values()), key) for key, names in seen.tiers.items()}


def make_lines(program: ProgramFacts, seen: RulesSeen, rules: Sequence[Settings], f: Format) -> list[RuleLine]:
    """Put a list of rules into words."""
    speaker = speaker_of(program, seen, rules, f)
    return [make_line(speaker, rule, place) for place, rule in enumerate(rules)]


def make_line(speaker: Speaker, rule: Settings, place: int, change: str = "") -> RuleLine:
    """Put a rule into words."""
    kind: Any = KINDS.find(str(rule.get("kind")))
    named = bool(rule.get("name"))
    return RuleLine(
        id=id_of_rule(rule, place),
        title=speaker.title(rule),
        sentence=speaker.sentence(rule) if named else "",
        kind=speaker.f.words.gettext(getattr(kind, "title", str(rule.get("kind")))),
        change=change,
    )


def make_listing(program: ProgramFacts, seen: RulesSeen, f: Format) -> RulesPage:
    """Put everything into words."""
    rows = [make_version(program, seen, version, f) for version in seen.versions]
    return RulesPage(
        base=base_of(program),
        current=next(row for row in rows if row.state == "in_force"),
        scheduled=[row for row in reversed(rows) if row.state == "scheduled"],
        drafts=[make_draft_row(program, seen, draft, f) for draft in seen.drafts],
        former=[row for row in rows if row.state in {"retired", "withdrawn"}],
    )


def make_version(program: ProgramFacts, seen: RulesSeen, version: VersionFacts, f: Format) -> VersionRow:
    """Put a version into words."""
    words = f.words
    begins = version.in_force_from
    ends = None if version.state == "withdrawn" else _end(seen.versions, version)
    since_ever = words.gettext("the beginning")
    return VersionRow(
        number=version.version,
        name=version.name or words.gettext("First rules") if version.version == 1 else version.name or "",
        address=version_address(program, version.version),
        state=version.state,
        begins=since_ever if begins is None else f.instant(begins, program.timezone),
        ends=f.instant(ends, program.timezone) if ends else "",
        published=f.instant(version.published_at, program.timezone),
        by=who(seen, version.published_by, f),
        rules=make_lines(program, seen, version.rules, f),
    )


def make_draft_row(program: ProgramFacts, seen: RulesSeen, draft: DraftFacts, f: Format) -> DraftRow:
    """Put a draft into words."""
    n = len(draft.rules)
    return DraftRow(
        name=draft.name,
        address=draft_address(program, draft.draft_id),
        rules=f.words.ngettext("%(n)s rule", "%(n)s rules", n, n=f.number(n)),
        edited=f.instant(draft.updated_at, program.timezone),
        by=who(seen, draft.updated_by, f),
    )


def who(seen: RulesSeen, actor: str | None, f: Format) -> str:
    """Say who did something."""
    if actor is None:
        return ""
    return seen.staff.get(actor) or (f.words.gettext("a storefront") if actor.startswith("key:") else actor)


def _end(versions: Sequence[VersionFacts], version: VersionFacts) -> datetime | None:
    """Tell when a version ends: when the first of those published after it begins."""
    later = [one.in_force_from for one in versions if one.version > version.version and one.in_force_from]
    return min(later, default=None)
