"""May the programme be offered to somebody, and why not: what a checkout asks before it shows the invitation."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from loyalty.database import Connection, Tx
from loyalty.holdouts.lot import held_out_among
from loyalty.points.reading import open_book
from loyalty.programs.facts import Source

Standing = Literal["unknown", "customer", "member", "left", "erased"]


class NotEligible(Struct):
    """Why the programme may not be offered. `since`: of what has a beginning."""

    code: Literal["already_member", "customer_erased", "not_offered"]
    detail: str
    since: datetime | None = None


class Eligibility(Struct):
    """Whether the programme may be offered to a customer now; if not, every reason.

    `standing` is `unknown` for whom the programme never saw, who is eligible like any other.
    """

    customer_id: str
    eligible: bool
    standing: Standing
    reasons: Annotated[list[NotEligible], Meta(description="More codes may come: whatever is here, do not offer it.")]
    as_of: datetime


async def find_eligibility(connection: Connection, source: Source, external_id: str) -> Eligibility:
    """Tell whether the programme may be offered to a customer. Who is not known here is known nowhere else either."""
    book = await open_book(Tx(connection), source, customers=[external_id])
    customer_id = book.present(external_id)
    if customer_id is None:
        erased = external_id in book.aliases
        reasons = (
            [NotEligible("customer_erased", "The person was erased; the id is not given again.")] if erased else []
        )
        return Eligibility(external_id, not erased, "erased" if erased else "unknown", reasons, book.now)
    memberships = book.memberships[book.account(customer_id).customer_id]
    now = [m for m in memberships if m.joined_at <= book.now and (m.left_at is None or book.now < m.left_at)]
    if now:
        since = min(m.joined_at for m in now)
        reasons = [NotEligible("already_member", "The customer is a member.", since)]
        return Eligibility(external_id, eligible=False, standing="member", reasons=reasons, as_of=book.now)
    account_id = book.account(customer_id).customer_id
    held_out = await held_out_among(connection, source.program.program_id, [account_id], book.now)
    why_not = NotEligible("not_offered", "By lot, the programme is not offered to this customer for now.")
    reasons = [why_not] if held_out else []
    over = any(m.joined_at <= book.now for m in memberships)
    standing: Standing = "left" if over else "customer"
    return Eligibility(external_id, eligible=not reasons, standing=standing, reasons=reasons, as_of=book.now)
