"""The verb of opening balances, and all its SQL: points brought along from another programme, once each."""

from collections.abc import Sequence

from loyalty.customers.persons import Person, forgetter
from loyalty.database import Tx
from loyalty.errors import LoyaltyError
from loyalty.members import tables
from loyalty.members.openings import NewOpening, Opened, digest_of, open_balance
from loyalty.points.queries import append, appended
from loyalty.points.reading import open_book
from loyalty.programs.facts import Source
from loyalty.statements import Part, insert

_KNOWN = "SELECT digest, points FROM opening_balance WHERE program_id = $1 AND digest = ANY($2::bytea[])"
_ADJUSTMENT = ["award_id", "customer_id", "points", "reason", "recorded_at"]
_OPENING = ["digest", "customer_id", "award_id", "points", "recorded_at"]
_FORGET = "DELETE FROM opening_balance WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]) RETURNING 1"
_REASON = "Opening balance"


async def open_balances(tx: Tx, source: Source, items: Sequence[NewOpening]) -> list[Opened | LoyaltyError]:
    """Bring points along, each lot with its own dates; one result each. The same row again changes nothing."""
    book = await open_book(tx, source, customers=list(dict.fromkeys(item.external_id for item in items)))
    digests = [digest_of(source.namespace, item) for item in items]
    # Read after the accounts: then none of theirs can be missed.
    known = {row[0]: row[1] for row in await tx.connection.fetch(_KNOWN, source.program.program_id, digests)}
    results: list[Opened | LoyaltyError] = []
    opened = []
    for item in items:
        try:
            result = open_balance(book, known, item)
        except LoyaltyError as refusal:
            results.append(refusal)
            continue
        results.append(result)
        if result.award is not None:
            known[result.digest] = item.points
            opened.append((result.award, result))
    if opened:
        adjustments = [
            (award.award_id, award.customer_id, one.new.points, one.new.note or _REASON, award.recorded_at)
            for award, one in opened
        ]
        openings = [
            (one.digest, award.customer_id, award.award_id, one.new.points, award.recorded_at) for award, one in opened
        ]
        after = [insert(tables.Adjustment, _ADJUSTMENT, adjustments), insert(tables.OpeningBalance, _OPENING, openings)]
        await append(tx, appended(book, after=after))
    return results


@forgetter
def _forget_openings(person: Person) -> list[Part]:
    """Remove what leads from a digest to a person; the points are told by the ledger."""
    return [Part("forgotten_opening_balance", _FORGET, [person.customer_ids])]
