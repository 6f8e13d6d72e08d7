"""A draft: its rules, what it changes, and its steps, which need no script. Nothing of somebody else is overwritten."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from admin.format import Format
from admin.rules.addresses import base_of, draft_address
from admin.rules.changes import Changes, compare
from admin.rules.listing import who
from admin.rules.sentences import id_of_rule
from loyalty.earning.facts import DraftFacts, DraftTold, VersionFacts
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.staff import RulesSeen

LONGEST_NAME = 128
Rules = list[dict[str, Any]]


@dataclass(frozen=True)
class DraftPage:
    """A draft. `stale`: who changed it meanwhile, and when; then nothing of the step was done."""

    base: str
    address: str
    name: str
    version: int
    edited: str
    based_on: str
    changes: Changes
    stale: str = ""
    refusal: str = ""


def make_draft(
    program: ProgramFacts, seen: RulesSeen, draft: DraftFacts, f: Format, *, stale: bool = False, refusal: str = ""
) -> DraftPage:
    """Put a draft into words."""
    words = f.words
    edited = f.instant(draft.updated_at, program.timezone)
    by = who(seen, draft.updated_by, f)
    return DraftPage(
        base=base_of(program),
        address=draft_address(program, draft.draft_id),
        name=draft.name,
        version=draft.version,
        edited=words.gettext("Last edited %(at)s by %(who)s", at=edited, who=by),
        based_on=words.gettext("Begun from version %(n)s", n=draft.based_on) if draft.based_on else "",
        changes=compare(current(seen).rules, draft.rules, seen, program, f),
        stale=told_stale(seen, draft, program, f) if stale else "",
        refusal=refusal,
    )


def told_stale(seen: RulesSeen, draft: DraftFacts, program: ProgramFacts, f: Format) -> str:
    """Say who was faster."""
    return f.words.gettext(
        "%(who)s changed this draft on %(at)s, after you opened it. What you see now is as it stands.",
        who=who(seen, draft.updated_by, f),
        at=f.instant(draft.updated_at, program.timezone),
    )


def current(seen: RulesSeen) -> VersionFacts:
    """Give the version in force; there always is one."""
    return next(version for version in seen.versions if version.state == "in_force")


def told(draft: DraftFacts, *, name: str | None = None, rules: Rules | None = None) -> DraftTold:
    """Say a draft again, with something else in it."""
    said = draft.rules if rules is None else rules
    return DraftTold(draft.name if name is None else name, said, draft.in_force_from, draft.based_on)


def with_ids(rules: Sequence[dict[str, Any]]) -> Rules:
    """Write down the ids that rules have by their place: in a draft places change."""
    return [{**rule, "id": id_of_rule(rule, place)} for place, rule in enumerate(rules)]


def moved(rules: Rules, rule_id: str, by: int) -> Rules:
    """Move a rule up or down."""
    found = [place for place, rule in enumerate(rules) if rule.get("id") == rule_id]
    if not found or not 0 <= found[0] + by < len(rules):
        return rules
    left = rules[: found[0]] + rules[found[0] + 1 :]
    return [*left[: found[0] + by], rules[found[0]], *left[found[0] + by :]]


def without(rules: Rules, rule_id: str) -> Rules:
    """Take a rule away, also out of the limits that name it and others."""
    left = [rule for rule in rules if rule.get("id") != rule_id]
    return [
        {**rule, "rules": [name for name in rule["rules"] if name != rule_id]}
        if len(rule.get("rules", ())) > 1
        else rule
        for rule in left
    ]


def named_alone_by(rules: Rules, rule_id: str) -> list[dict[str, Any]]:
    """Give the limits that are of this rule only: without it they would be of all."""
    return [rule for rule in rules if list(rule.get("rules", ())) == [rule_id]]


def put(rules: Rules, rule: dict[str, Any]) -> Rules:
    """Put a rule in the place of the one with its id, or at the end."""
    if any(one.get("id") == rule["id"] for one in rules):
        return [rule if one.get("id") == rule["id"] else one for one in rules]
    return [*rules, rule]


def clean_name(text: str) -> str:
    """Give a name of a draft without what cannot be in it; empty where nothing is left or it is too long."""
    name = " ".join(text.split())
    return name if name.isprintable() and len(name) <= LONGEST_NAME else ""
