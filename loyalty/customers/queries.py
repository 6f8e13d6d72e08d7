"""Customers and memberships as parts of an append, and as the API reads them."""

from datetime import datetime
from uuid import UUID

import msgspec

from loyalty.customers import tables
from loyalty.customers.facts import MembershipFacts, Profile
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
