"""Customers and memberships as parts of an append, and as the API reads them."""

from datetime import datetime
from uuid import UUID

import msgspec

from loyalty.customers import tables
from loyalty.customers.facts import MembershipFacts, Profile
from loyalty.customers.persons import Person, exporter
from loyalty.database import Connection
from loyalty.statements import Part, insert, update

_PROFILE = ["email", "name", "language", "birthday_on", "consent"]

# A purchase fills in what was not known of a person; joining (`overwrite`) says what is true now.
_TELL = """
UPDATE customer c SET
  email = CASE WHEN {6} THEN coalesce(n.email, c.email) ELSE coalesce(c.email, n.email) END,
  name = CASE WHEN {6} THEN coalesce(n.name, c.name) ELSE coalesce(c.name, n.name) END,
  language = CASE WHEN {6} THEN coalesce(n.language, c.language) ELSE coalesce(c.language, n.language) END,
  birthday_on = CASE WHEN {6} THEN coalesce(n.birthday_on, c.birthday_on)
    ELSE coalesce(c.birthday_on, n.birthday_on) END,
  consent = CASE WHEN {6} THEN coalesce(n.consent, c.consent) ELSE coalesce(c.consent, n.consent) END
FROM unnest({0}::uuid[], {1}::varchar[], {2}::varchar[], {3}::varchar[], {4}::date[], {5}::jsonb[])
  AS n(customer_id, email, name, language, birthday_on, consent)
WHERE c.program_id = $1 AND c.customer_id = n.customer_id RETURNING 1
"""
_SUPERSEDE = """
UPDATE membership m SET superseded_at = {1} FROM unnest({0}::uuid[]) AS n(membership_id)
WHERE m.program_id = $1 AND m.membership_id = n.membership_id AND m.superseded_at IS NULL RETURNING 1
"""
_ALIASES = """
SELECT namespace, external_id FROM customer_alias WHERE program_id = $1 AND customer_id = ANY($2::uuid[]) ORDER BY 1, 2
"""
_MERGE = """
UPDATE customer c SET merged_into = n.kept, merged_at = {2} FROM unnest({0}::uuid[], {1}::uuid[]) AS n(gone, kept)
WHERE c.program_id = $1 AND c.customer_id = n.gone AND c.merged_into IS NULL RETURNING 1
"""
_REPOINT = "UPDATE customer_alias SET customer_id = {1} WHERE program_id = $1 AND customer_id = {0}::uuid RETURNING 1"
_TAKE_OVER = """
UPDATE customer c SET email = coalesce(c.email, o.email), name = coalesce(c.name, o.name),
  language = coalesce(c.language, o.language), birthday_on = coalesce(c.birthday_on, o.birthday_on),
  consent = coalesce(c.consent, o.consent)
FROM customer o WHERE o.program_id = $1 AND o.customer_id = {0}::uuid
  AND c.program_id = $1 AND c.customer_id = {1}::uuid RETURNING 1
"""
_ERASE = """
UPDATE customer c SET email = NULL, name = NULL, language = NULL, birthday_on = NULL, consent = NULL, erased_at = {1}
FROM unnest({0}::uuid[]) AS n(customer_id)
WHERE c.program_id = $1 AND c.customer_id = n.customer_id RETURNING 1
"""
_FORGET = "DELETE FROM customer_alias WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]) RETURNING 1"
_MEMBERSHIP = ["membership_id", "customer_id", "joined_at", "left_at", "fingerprint", "recorded_at", "superseded_at"]


def new_customers(
    customers: dict[UUID, Profile], aliases: dict[str, UUID], namespace: str, now: datetime
) -> list[Part]:
    """Insert persons at first sight, with the ids by which the shop calls them."""
    if not customers:
        return []
    rows = [(customer_id, *_values(profile), now) for customer_id, profile in customers.items()]
    # In the order of the shop's ids: two batches that meet the same new customers wait for each other in one order.
    named = [(namespace, external_id, customer_id) for external_id, customer_id in sorted(aliases.items())]
    return [
        insert(tables.Customer, ["customer_id", *_PROFILE, "recorded_at"], rows),
        insert(tables.CustomerAlias, ["namespace", "external_id", "customer_id"], named),
    ]


def folded(profiles: list[tuple[UUID, Profile]], *, overwrite: bool) -> dict[UUID, Profile]:
    """Fold what a batch told of each person as if it had come one by one: the first wins, or (`overwrite`) the last."""
    told: dict[UUID, Profile] = {}
    for customer_id, profile in profiles:
        known = told.get(customer_id, profile)
        told[customer_id] = profile.filled_by(known) if overwrite else known.filled_by(profile)
    return told


def told_profiles(profiles: dict[UUID, Profile], *, overwrite: bool) -> list[Part]:
    """Write down what was told about known persons."""
    rows = [(customer_id, *_values(profile)) for customer_id, profile in profiles.items()]
    return [update("customer", _TELL, rows, overwrite)] if rows else []


def memberships(
    new: list[tuple[MembershipFacts, str | None]], superseded: list[UUID], request_id: str, now: datetime
) -> list[Part]:
    """Add intervals, and close the recorded time of those they correct."""
    parts = [update("membership", _SUPERSEDE, [(key,) for key in superseded], now)] if superseded else []
    if new:
        rows = [(*(getattr(m, name) for name in _MEMBERSHIP), referral_code, request_id) for m, referral_code in new]
        parts.append(insert(tables.Membership, [*_MEMBERSHIP, "referral_code", "request_id"], rows))
    return parts


def _values(profile: Profile) -> tuple[object, ...]:
    consent = None if profile.consent is None else msgspec.json.encode(profile.consent).decode()
    return (profile.email, profile.name, profile.language, profile.birthday_on, consent)


async def aliases_of(connection: Connection, program_id: int, customer_ids: list[UUID]) -> list[tuple[str, str]]:
    """List the ids by which shops call customers: (namespace, external id)."""
    rows = await connection.fetch(_ALIASES, program_id, customer_ids)
    return [(row["namespace"], row["external_id"]) for row in rows]


def merged_customer(gone: UUID, kept: UUID, now: datetime) -> list[Part]:
    """Have a customer go on as another, who takes over the shops' ids, and what was not known of him."""
    return [
        update("merged_customer", _MERGE, [(gone, kept)], now),
        Part("merged_alias", _REPOINT, [gone, kept]),
        Part("merged_profile", _TAKE_OVER, [gone, kept]),
    ]


def erased_customers(customer_ids: list[UUID], now: datetime) -> list[Part]:
    """Blank what is known of a person."""
    return [update("erased_customer", _ERASE, [(key,) for key in customer_ids], now)]


def forgotten_aliases(person: Person, digests: list[bytes], customer_id: UUID) -> list[Part]:
    """Forget the shops' ids; keyed hashes of them stay, so that a re-import makes no new customer."""
    rows = [(key, customer_id) for key in digests]
    part = Part("forgotten_alias", _FORGET, [person.customer_ids])
    return [part, insert(tables.ErasedAlias, ["digest", "customer_id"], rows)] if rows else [part]


exporter(
    "profile",
    "SELECT json_agg(json_build_object('email', email, 'name', name, 'language', language, 'birthday', birthday_on,"
    " 'consent', consent, 'known_since', recorded_at))"
    " FROM customer WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
exporter(
    "customer_ids",
    "SELECT json_agg(json_build_object('namespace', namespace, 'customer_id', external_id))"
    " FROM customer_alias WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
exporter(
    "memberships",
    "SELECT json_agg(json_build_object('joined_at', joined_at, 'left_at', left_at) ORDER BY joined_at)"
    " FROM membership WHERE program_id = $1 AND customer_id = ANY($2::uuid[]) AND superseded_at IS NULL",
)
