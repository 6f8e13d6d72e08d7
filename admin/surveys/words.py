"""What the pages of surveys call things: classes, skips, outcomes, crowds, states."""

from admin.format import Format
from loyalty.i18n import mark

_CLASSES = {"promoter": mark("Promoters"), "passive": mark("Passives"), "detractor": mark("Detractors")}
_ONE = {"promoter": mark("Promoter"), "passive": mark("Passive"), "detractor": mark("Detractor")}
_CROWDS = {
    **_CLASSES,
    "silent": mark("Asked, did not answer"),
    "never_asked": mark("Never asked, by lot"),
}
_REASONS = {
    "switched_off": mark("No policy was published"),
    "closed": mark("The survey was closed"),
    "too_late": mark("Too late: due more than 72 hours before"),
    "erased": mark("The person was erased"),
    "held_out": mark("Never surveyed, by lot"),
    "sampled_out": mark("Not in the sample"),
    "suppressed": mark("Unsubscribed, or the mail came back"),
    "no_consent": mark("No consent to be written to"),
    "no_address": mark("No e-mail address"),
    "refunded": mark("The purchase was sent back"),
    "throttled": mark("Asked too lately (quarantine)"),
}
_OUTCOMES = {
    "solved": mark("Solved"),
    "gesture": mark("A gesture in points"),
    "no_answer": mark("The customer did not reply"),
    "not_needed": mark("Nothing to be done"),
    "score_changed": mark("The customer changed the score"),
}
# Those that somebody chooses when closing a case without points.
CHOSEN_OUTCOMES = ("solved", "no_answer", "not_needed")
_REFUSALS = {
    "case_closed": mark("This case was closed meanwhile."),
    "edited_meanwhile": mark("Somebody changed this survey meanwhile. Open it again."),
    "in_flight": mark("This form is being worked on already. Look at the list in a moment."),
}


def classes_said(nps_class: str, f: Format) -> str:
    """Name a class, of many."""
    return f.words.gettext(_CLASSES[nps_class])


def class_said(nps_class: str, f: Format) -> str:
    """Name the class of one."""
    return f.words.gettext(_ONE[nps_class])


def crowd_said(crowd: str, f: Format) -> str:
    """Name those of whom is told whether they came back."""
    return f.words.gettext(_CROWDS[crowd])


def reason_said(reason: str, f: Format) -> str:
    """Say why somebody was not asked."""
    return f.words.gettext(_REASONS.get(reason, reason))


def outcome_said(outcome: str, f: Format) -> str:
    """Say what came of a case."""
    return f.words.gettext(_OUTCOMES[outcome])


def refusal_said(code: str, f: Format) -> str:
    """Say why nothing was done."""
    return f.words.gettext(
        _REFUSALS.get(code, mark("Nothing was changed. Look at the page, then send the form again."))
    )


def state_said(state: str, *, simulated: bool, f: Format) -> str:
    """Say whether a survey asks anybody."""
    if simulated:
        return f.words.gettext("Simulated")
    return {
        "draft": f.words.pgettext("survey", "Draft"),
        "open": f.words.pgettext("survey", "Asking"),
        "closed": f.words.pgettext("survey", "Closed"),
    }[state]
