"""Asking whom a file names: by mail, under the same rules as all. Who was unknown is a customer from then on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from loyalty.customers.facts import Profile
from loyalty.customers.queries import folded, new_customers, told_profiles
from loyalty.database import Tx
from loyalty.errors import Invalid, LoyaltyError, NotFound
from loyalty.points.book import Book
from loyalty.points.queries import append, appended
from loyalty.points.reading import open_book
from loyalty.programs.facts import Source
from surveys.invitations import queries as invitations
from surveys.invitations.people import persons
from surveys.invitations.planning import invitation
from surveys.plans import queries as plans
from surveys.plans.policy import StoredPolicy
from surveys.plans.queries import Edition


class NewAsking(Struct, frozen=True):
    """Somebody to be asked then. `consent`: to the purpose of the policy; None: what is known stays."""

    external_id: str
    survey_id: str
    ask_at: datetime
    consent: bool | None = None
    email: str | None = None
    name: str | None = None
    language: str | None = None


class Planned(Struct, frozen=True):
    """What became of a row; `replayed`: it was planned before."""

    replayed: bool


async def ask_by_file(tx: Tx, source: Source, items: Sequence[NewAsking]) -> list[Planned | LoyaltyError]:
    """Plan invitations, one result each; the same again changes nothing. Needs a transaction."""
    connection, program_id = tx.connection, source.program.program_id
    stored = await plans.policy_of(connection, program_id)
    editions = {str(one.survey_id): one for one in await plans.open_editions(connection, program_id)}
    book = await open_book(tx, source, customers=list(dict.fromkeys(item.external_id for item in items)))
    present = await persons(connection, program_id, sorted(set(book.aliases.values())), book.now)
    told = {key: present[one].consent or {} for key, one in book.aliases.items() if one in present}
    whom = [_known(book, stored, editions, item, told.get(item.external_id, {})) for item in items]
    if any(isinstance(one, UUID) for one in whom):
        await _write_down(tx, book)
    rows = await _rows(tx, book, editions, list(zip(items, whom, strict=True)))
    added = await invitations.add(connection, program_id, [row for row in rows if row], book.now)
    return [
        refusal if isinstance(refusal, LoyaltyError) else Planned(row is None or row.invitation_id not in added)
        for refusal, row in zip(whom, rows, strict=True)
    ]


def _known(
    book: Book, stored: StoredPolicy, editions: dict[str, Edition], item: NewAsking, told: dict[str, Any]
) -> UUID | LoyaltyError:
    """Open the account of who is to be asked, and note what is told; or say why not."""
    edition = editions.get(item.survey_id)
    if edition is None or edition.content.trigger.get("kind") != "by_file":
        msg = "There is no open survey with this survey_id that asks whom a file names."
        return Invalid(msg, pointer="/survey_id")
    if item.external_id in book.aliases and book.present(item.external_id) is None:
        msg = "There is no such customer, or the person was erased."
        return NotFound(msg)
    purpose = stored.policy.consent
    # What else was consented to stays.
    consent = None if item.consent is None or purpose is None else {**told, purpose: item.consent}
    account = book.account_of(item.external_id, Profile(item.email, item.name, item.language, consent=consent))
    return account.customer_id


async def _write_down(tx: Tx, book: Book) -> None:
    told = folded([*book.new_customers.items(), *book.told_profiles], overwrite=True)
    new = {customer_id: told.pop(customer_id) for customer_id in book.new_customers}
    for customer_id in [*new, *told]:
        book.tell("customer.changed", f"customer/{customer_id}")
    before = [
        *new_customers(new, book.new_aliases, book.source.namespace, book.now),
        *told_profiles(told, overwrite=True),
    ]
    await append(tx, appended(book, before=before))


async def _rows(
    tx: Tx,
    book: Book,
    editions: dict[str, Edition],
    whom: Sequence[tuple[NewAsking, UUID | LoyaltyError]],
) -> list[invitations.NewInvitation | None]:
    ids = sorted({one for _, one in whom if isinstance(one, UUID)})
    known = await persons(tx.connection, book.source.program.program_id, ids, book.now)
    return [
        invitation(editions[item.survey_id], known[one], f"file/{one}/{item.ask_at.isoformat()}", "mail", item.ask_at)
        if isinstance(one, UUID)
        else None
        for item, one in whom
    ]
