"""The form that adjusts points: what it was sent with, what is wrong with it, and what to do about that."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from admin.format import Format
from admin.forms import is_key
from admin.members.purse import last_day
from loyalty.members.adjustments import MOST_BY_STAFF
from loyalty.members.staff import ByStaff, TriedAdjustment

MOST_POINTS = MOST_BY_STAFF
LONGEST_REASON = 500


@dataclass(frozen=True)
class AdjustForm:
    """The fields as they were filled in; `errors` by field, `""` for the whole. `key` is new with every form."""

    remove: bool = False
    points: str = ""
    reason: str = ""
    key: str = field(default_factory=lambda: str(uuid4()))
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_wrong(self) -> str:
        """Name the field that gets the focus."""
        return next((name for name in ("points", "reason") if name in self.errors), "")

    def refused(self, errors: Mapping[str, str]) -> "AdjustForm":
        """Show it again, to be sent under a new key: what was refused stays refused under the old one."""
        return replace(self, key=str(uuid4()), errors=errors)


def form_from(said: Mapping[str, str], f: Format) -> AdjustForm:
    """Read the form, and tell what is wrong with it."""
    reason = " ".join(said.get("reason", "").split())
    form = AdjustForm(
        remove=said.get("direction") == "remove",
        points=said.get("points", "").strip(),
        reason=reason,
        key=said.get("key", ""),
    )
    errors = {}
    if points_of(form) is None:
        errors["points"] = _no_number(f)
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        errors["reason"] = f.words.gettext(
            "Say why, in at most %(most)s characters. It will stand in the timeline.", most=f.number(LONGEST_REASON)
        )
    if not is_key(form.key):
        errors[""] = f.words.gettext("The form was not complete. Send it again.")
    return form.refused(errors) if errors else form


def points_of(form: AdjustForm) -> int | None:
    """Give the points with their sign; None when they are no such number."""
    written = form.points
    fits = written.isascii() and written.isdecimal() and len(written) <= len(str(MOST_POINTS))
    points = int(written) if fits else 0
    if not 1 <= points <= MOST_POINTS:
        return None
    return -points if form.remove else points


@dataclass(frozen=True)
class Outcome:
    """What would come of the form as it is filled in; `refused`: nothing would."""

    said: str = ""
    refused: bool = False


def outcome_of(form: AdjustForm, tried: TriedAdjustment | None, f: Format, zone: ZoneInfo) -> Outcome:
    """Say what was before and would be after; nothing of a field that is still empty."""
    if not form.points:
        return Outcome()
    if tried is None:
        return Outcome(_no_number(f), refused=True)
    before, after = tried.available
    if after is None:
        return Outcome(errors_of("not_enough_points", before, f)["points"], refused=True)
    said = [available_said(before, after, f)]
    owed, owed_after = tried.debt
    if owed_after != owed:
        said.append(f.words.gettext("Owed: %(before)s → %(after)s.", before=f.number(owed), after=f.number(owed_after)))
    if tried.ends_at is not None:
        day = f.date(last_day(tried.ends_at, zone))
        said.append(f.words.gettext("What is added can be used until %(day)s.", day=day))
    return Outcome(" ".join(said))


def available_said(before: int, after: int, f: Format) -> str:
    """Write the available points before and after."""
    return f.words.gettext("Available: %(before)s → %(after)s.", before=f.number(before), after=f.number(after))


def asked_for(form: AdjustForm, user_id: UUID, request_id: str, customer_id: UUID) -> ByStaff:
    """Turn a form without errors into what is asked for."""
    return ByStaff(user_id, request_id, customer_id, points_of(form) or 0, form.reason, form.key)


def _no_number(f: Format) -> str:
    return f.words.gettext("Write a whole number from 1 to %(most)s.", most=f.number(MOST_POINTS))


def errors_of(code: str, available: int, f: Format) -> dict[str, str]:
    """Say why it was refused, beside the field that can be changed."""
    words = f.words
    if code == "not_enough_points":
        if not available:
            return {"points": words.gettext("No points are available, so none can be removed.")}
        return {
            "points": words.ngettext(
                "Only %(n)s point is available. Remove no more than that.",
                "Only %(n)s points are available. Remove no more than that.",
                available,
                n=f.number(available),
            )
        }
    if code == "idempotency_key_reused":
        return {"": words.gettext("This form was sent before with other values. Look at the timeline, then send it.")}
    return {"": words.gettext("Nothing was changed. Look at the timeline, then send the form again.")}


def still_busy(f: Format) -> dict[str, str]:
    """Ask to send the same form again: somebody else is changing the same customer."""
    return {"": f.words.gettext("Somebody else is changing this customer. Send the form again in a moment.")}
