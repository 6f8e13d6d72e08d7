"""Calls that were refused, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps, loads

from admin.csv_file import Cell
from admin.format import Format
from admin.members.addresses import with_query
from admin.purchases.refused_filters import RefusedFilters
from loyalty.i18n import mark
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.staff import StorefrontFacts
from loyalty.refusals.actions import RefusalsSeen, can_be_done
from loyalty.refusals.queries import RefusalSeen

_OPERATIONS = {
    "record_purchase": mark("Record a purchase"),
    "record_purchases": mark("Record many purchases"),
    "edit_purchase": mark("Edit a purchase"),
    "record_refund": mark("Record a refund"),
    "record_refund_by_query": mark("Record a refund"),
    "cancel_purchase": mark("Cancel a purchase"),
    "cancel_purchase_by_query": mark("Cancel a purchase"),
    "record_action": mark("Tell an action"),
}
_BODY_GONE = {
    "none": mark("The call had no body, or was refused before it was read."),
    "not_json": mark("The body was no JSON; such bodies are not kept."),
    "too_large": mark("The body was larger than 64 KiB; such bodies are not kept."),
    "erased": mark("The body was erased with the person whom it named."),
}
_CODES = {
    "invalid": mark("Something in it cannot be."),
    "malformed": mark("It was no JSON, or not built as the API asks."),
    "not_found": mark("What it was about is not there."),
    "other_facts": mark("It is recorded already, with other facts. What is recorded stays."),
    "forbidden": mark("The key may not do this."),
    "too_large": mark("It was too large."),
    "unsupported_media_type": mark("It was not sent as JSON."),
    "customer_erased": mark("This person was erased; the customer id is not given again."),
}


@dataclass(frozen=True)
class RefusedRow:
    """A refused call. `errors` are (place in the body, what is wrong with it), in the API's English."""

    address: str
    said: str
    order: str
    storefront: str
    at: str
    status: str
    code: str
    reason: str
    detail: str
    errors: Sequence[tuple[str, str]]
    outcome: str
    done: bool


@dataclass(frozen=True)
class RefusedPage:
    """The list."""

    base: str
    filters: RefusedFilters
    storefronts: Sequence[tuple[str, str]]
    rows: Sequence[RefusedRow]
    narrowed: bool
    csv: str
    first: str
    following: str


@dataclass(frozen=True)
class RefusalPage:
    """One of them. `replays`: this visitor may have it done again, and there is enough left of it."""

    base: str
    row: RefusedRow
    facts: Sequence[tuple[str, str]]
    body: str
    gone: str
    purchase: str
    replays: bool
    outcome: str
    detail: str
    fine: bool


def make_refused(
    program: ProgramFacts,
    filters: RefusedFilters,
    seen: RefusalsSeen,
    storefronts: Sequence[StorefrontFacts],
    f: Format,
) -> RefusedPage:
    """Put a page of them into words."""
    base = f"/admin/p/{program.program_id}/purchases"
    onward = {**filters.said, "after": str(seen.refusals[-1].refusal_id)} if seen.more else {}
    after = str(filters.after) if filters.after else ""
    return RefusedPage(
        base=base,
        filters=filters,
        storefronts=[(str(one.storefront_id), one.name) for one in storefronts],
        rows=[make_row(program, one, f) for one in seen.refusals],
        narrowed=any(filters.said.values()),
        csv=with_query(f"{base}/refused.csv", {**filters.said, "after": after}),
        first=with_query(f"{base}/refused", filters.said) if filters.after else "",
        following=with_query(f"{base}/refused", onward) if onward else "",
    )


def make_refusal(
    program: ProgramFacts, one: RefusalSeen, f: Format, *, replays: bool, tried: tuple[str, str] | None = None
) -> RefusalPage:
    """Put one into words. `tried`: (code, detail) of what came of doing it again just now."""
    words, row = f.words, make_row(program, one, f)
    base = f"/admin/p/{program.program_id}/purchases"
    by = words.gettext("%(who)s, %(at)s", who=one.replayed_by, at=f.instant(one.replayed_at, program.timezone)) if (
        one.replayed_at
    ) else ""  # fmt: skip
    facts = [
        (words.gettext("Storefront"), one.storefront),
        (words.gettext("Address"), one.path),
        (words.gettext("Status"), row.status),
        (words.gettext("Request"), one.request_id),
        (words.gettext("Done again"), by or words.gettext("not yet")),
    ]
    code, detail = tried or ("", "")
    return RefusalPage(
        base=f"{base}/refused",
        row=row,
        facts=facts,
        body=_pretty(one.body),
        gone=words.gettext(_BODY_GONE[one.body_gone]) if one.body_gone else "",
        purchase=f"{base}/{one.purchase_id}" if one.purchase_id else "",
        replays=replays and can_be_done(one),
        outcome=_refused_again(code, f) if code else row.outcome,
        detail=detail,
        fine=row.done,
    )


def make_row(program: ProgramFacts, one: RefusalSeen, f: Format) -> RefusedRow:
    """Put one into a line of words."""
    words, problem = f.words, one.problem
    code = str(problem.get("code", ""))
    said = words.gettext(_OPERATIONS[one.operation]) if one.operation in _OPERATIONS else one.operation
    done = bool(one.outcome and one.outcome.isdigit())
    if one.outcome is None:
        outcome = ""
    else:
        outcome = words.gettext("Done when it was tried again.") if done else _refused_again(one.outcome, f)
    return RefusedRow(
        address=f"/admin/p/{program.program_id}/purchases/refused/{one.refusal_id}",
        said=said,
        order=one.order_id or "",
        storefront=one.storefront,
        at=f.instant(one.refused_at, program.timezone),
        status=str(one.status),
        code=code,
        reason=words.gettext(_CODES[code]) if code in _CODES else code,
        detail=str(problem.get("detail", "")),
        errors=[(str(error.get("pointer", "")), str(error.get("message", ""))) for error in problem.get("errors", [])],
        outcome=outcome,
        done=done,
    )


def table(program: ProgramFacts, seen: RefusalsSeen, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the page as a table."""
    words = f.words
    header = [
        words.gettext("When"),
        words.gettext("What"),
        words.pgettext("purchase", "Order"),
        words.gettext("Storefront"),
        words.gettext("Address"),
        words.gettext("Status"),
        words.gettext("Code"),
        words.gettext("Why"),
        words.gettext("Outcome"),
        words.gettext("Request"),
    ]
    rows = ((one, make_row(program, one, f)) for one in seen.refusals)
    return header, [
        [
            one.refused_at.astimezone(program.zone).isoformat(timespec="seconds"),
            row.said,
            one.order_id,
            one.storefront,
            one.path,
            one.status,
            row.code,
            row.detail,
            row.outcome,
            one.request_id,
        ]
        for one, row in rows
    ]


def _refused_again(code: str, f: Format) -> str:
    reason = f.words.gettext(_CODES[code]) if code in _CODES else code
    return f.words.gettext("Refused again: %(reason)s", reason=reason)


def _pretty(body: str | None) -> str:
    if body is None:
        return ""
    try:
        return dumps(loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body
