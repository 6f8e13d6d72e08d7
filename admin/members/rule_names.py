"""What a rule is called where points are explained, as the pages of rules call it; and why it gave nothing."""

from collections.abc import Mapping
from typing import Any

from admin.format import Format
from admin.rules.sentences import Names, Speaker, naming_each_other
from loyalty.i18n import mark
from loyalty.members.why import RuleShare, Why
from loyalty.programs.facts import ProgramFacts


def speaker_of_why(why: Why, tiers: Mapping[str, str], program: ProgramFacts, f: Format) -> Speaker:
    """Give who makes sentences of the rules that decided; `tiers` are names by key."""
    return naming_each_other(Speaker(f, program, Names(why.segments, tiers)), why.rules or [])


def settings_of(part: RuleShare, why: Why) -> dict[str, Any]:
    """Find the settings of the rule that a part is of, by its id; of an only rule by its place."""
    rules = {rule.get("id") or f"rule-{place}": rule for place, rule in enumerate(why.rules or [], 1)}
    return rules.get(part.rule or "rule-1", {}) if part.kind != "tier" else {}


def named(part: RuleShare, settings: dict[str, Any], speaker: Speaker) -> tuple[str, str]:
    """Give name and caption of a rule: its sentence stands below where it has a name of its own."""
    words = speaker.f.words
    if part.kind == "tier":
        times = speaker.sentence({"kind": "multiplier", "factor": part.factor or "1"})
        return times, words.gettext("tier %(tier)s", tier=speaker.names.tiers.get(part.tier or "", part.tier))
    if settings.get("kind") != part.kind:
        return part.kind.replace("_", " "), ""
    if settings.get("name"):
        return str(settings["name"]), speaker.sentence(settings)
    steps = part.kind == "points_per_amount" and settings.get("whole_steps", True)
    return speaker.sentence(settings), words.gettext("full steps only") if steps else ""


_REASONS = {
    "gift_card": mark("gift card"),
    "shipping": mark("shipping"),
    "other_product": mark("another product"),
    "not_started": mark("had not begun"),
    "ended": mark("was over"),
    "weekday": mark("not on that day of the week"),
    "time_of_day": mark("not at that time of day"),
    "tier": mark("not for that tier"),
    "segment": mark("not for that segment"),
    "no_basis": mark("nothing left that counts"),
    "no_lines": mark("the shop told no lines"),
    "no_matching_line": mark("nothing of what it is about was bought"),
    "below_minimum": mark("below its minimum"),
    "not_first_purchase": mark("not the first purchase"),
    "silenced": mark("another rule excludes it"),
    "nothing_to_multiply": mark("nothing to multiply"),
    "done_already": mark("done already in that time"),
}


def reason_said(reason: str | None, f: Format) -> str:
    """Say why a rule, or a rule for a line, gave nothing."""
    known = _REASONS.get(reason or "")
    return f.words.gettext(known) if known else (reason or "").replace("_", " ")
