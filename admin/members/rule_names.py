"""What a rule is called: as the merchant named it, else by what it does; and why it gave nothing."""

from typing import Any

from admin.format import Format
from loyalty.i18n import mark
from loyalty.members.why import RuleShare, Why


def settings_of(part: RuleShare, why: Why) -> dict[str, Any]:
    """Find the settings of the rule that a part is of, by its id; of an only rule by its place."""
    rules = {rule.get("id") or f"rule-{place}": rule for place, rule in enumerate(why.rules or [], 1)}
    return rules.get(part.rule or "rule-1", {}) if part.kind != "tier" else {}


def named(part: RuleShare, settings: dict[str, Any], f: Format) -> tuple[str, str]:
    """Give name and caption of a rule."""
    does, caption = _does(part, settings, f)
    own = settings.get("name")
    return (str(own), does) if own else (does, caption)


def _does(part: RuleShare, settings: dict[str, Any], f: Format) -> tuple[str, str]:
    words = f.words
    if part.kind == "tier":
        return words.gettext("Tier %(tier)s ×%(factor)s", tier=part.tier or "", factor=part.factor or ""), ""
    if part.kind == "points_per_amount" and {"points_per_step", "step_minor"} <= settings.keys():
        n, step = settings["points_per_step"], settings["step_minor"]
        amount = f.money(step, 0 if f.is_whole(step) else None)
        name = words.ngettext(
            "%(n)s point per %(amount)s", "%(n)s points per %(amount)s", n, n=f.number(n), amount=amount
        )
        return name, words.gettext("full steps only") if settings.get("whole_steps", True) else ""
    if part.kind == "multiplier" and "factor" in settings:
        return words.gettext("Points ×%(factor)s", factor=settings["factor"]), ""
    if part.kind in _BONUSES:
        return words.gettext(_BONUSES[part.kind]), ""
    if part.kind == "cap" and {"points", "per"} <= settings.keys():
        per = words.gettext(_PER.get(settings["per"], settings["per"]))
        return words.gettext("At most %(n)s %(per)s", n=f.number(settings["points"]), per=per), ""
    return part.kind.replace("_", " "), ""


_BONUSES = {
    "fixed_bonus": mark("Bonus"),
    "first_purchase": mark("First purchase"),
    "joining": mark("Welcome"),
    "birthday": mark("Birthday"),
    "custom_action": mark("Action"),
}
_PER = {
    "purchase": mark("per purchase"),
    "day": mark("per day"),
    "week": mark("per week"),
    "month": mark("per month"),
    "quarter": mark("per quarter"),
    "year": mark("per year"),
    "ever": mark("ever"),
}
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
