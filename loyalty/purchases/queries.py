"""All the SQL of purchases: what deciding needs, the locks, and the rows that an append carries."""

from typing import TYPE_CHECKING, Any

import msgspec

from loyalty.customers.persons import Person, exporter, forgetter
from loyalty.customers.queries import folded, memberships, new_customers, told_profiles
from loyalty.points.queries import Append, appended
from loyalty.purchases import tables
from loyalty.purchases.facts import Read
from loyalty.referrals.friends import traces
from loyalty.statements import Part, insert, sql_columns, update
from loyalty.tiers.queries import climbed

if TYPE_CHECKING:
    from loyalty.purchases.batch import Batch, OpenOrder

_decode = msgspec.json.Decoder(Read).decode
_json = msgspec.json.encode

_TOLD = [
    "customer_id", "placed_at", "goods_minor", "discount_minor", "tax_minor", "shipping_minor",
    "reward_discount_minor", "delivered_at", "payments", "lines", "referral_code", "redemption_ids", "channel", "test",
    "source_updated_at", "metadata", "member", "fingerprint", "edit_fingerprint", "version",
]  # fmt: skip
_TYPES = [
    "uuid", "timestamptz", "bigint", "bigint", "bigint", "bigint", "bigint", "timestamptz", "jsonb", "jsonb",
    "text", "jsonb", "text", "bool", "timestamptz", "jsonb", "bool", "bytea", "bytea", "bigint",
]  # fmt: skip
# The same in all purchases of a batch.
_SAME = ("currency", "request_id", "origin", "recorded_at", "state")
_FILL = f"""
UPDATE purchase p SET {", ".join(f"{name} = n.{name}" for name in _TOLD)},
  {", ".join(f"{name} = {{{n}}}" for n, name in enumerate(_SAME, 2 + len(_TOLD)))}
FROM unnest({{0}}::uuid[], {{1}}::bigint[], {", ".join(f"{{{n}}}::{kind}[]" for n, kind in enumerate(_TYPES, 2))})
  AS n(purchase_id, seen, {", ".join(_TOLD)})
WHERE p.program_id = $1 AND p.purchase_id = n.purchase_id AND p.version = n.seen RETURNING 1
"""  # noqa: S608 - names from the lists above
_EDIT = f"""
UPDATE purchase p SET {", ".join(f"{name} = n.{name}" for name in _TOLD)}, recorded_at = {{{2 + len(_TOLD)}}}
FROM unnest({{0}}::uuid[], {{1}}::bigint[], {", ".join(f"{{{n}}}::{kind}[]" for n, kind in enumerate(_TYPES, 2))})
  AS n(purchase_id, seen, {", ".join(_TOLD)})
WHERE p.program_id = $1 AND p.purchase_id = n.purchase_id AND p.version = n.seen RETURNING 1
"""  # noqa: S608 - names from the lists above
# In the same statement the rows are still as they were.
_COPIED = ", ".join(sql_columns(tables.PurchaseFormer, but=("program_id", "superseded_at", "metadata")))
# Not what a shop notes besides: it may name a person, and these rows cannot be blanked.
_FORMER = f"""
INSERT INTO purchase_former (program_id, superseded_at, {_COPIED})
SELECT $1, {{1}}::timestamptz, {_COPIED} FROM purchase WHERE program_id = $1 AND purchase_id = ANY({{0}}::uuid[])
"""  # noqa: S608 - names of columns
_FORGET_NOTES = """
UPDATE purchase SET metadata = NULL WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]) AND metadata IS NOT NULL
RETURNING 1
"""
_BUMP = """
UPDATE purchase p SET version = n.version, member = n.member
FROM unnest({0}::uuid[], {1}::bigint[], {2}::bigint[], {3}::bool[]) AS n(purchase_id, seen, version, member)
WHERE p.program_id = $1 AND p.purchase_id = n.purchase_id AND p.version = n.seen RETURNING 1
"""
_USES = """
INSERT INTO cap_use (program_id, customer_id, rule_id, period, points)
SELECT $1, n.* FROM unnest({0}::uuid[], {1}::text[], {2}::text[], {3}::bigint[]) AS n
ON CONFLICT (program_id, customer_id, rule_id, period) DO UPDATE SET points = excluded.points
"""
_AWAITED = ["purchase_id", "order_id", "version"]
_REFUND = [
    "purchase_id", "kind", "refund_id", "refunded_at", "goods_minor", "award_id", "fingerprint", "request_id",
    "recorded_at",
]  # fmt: skip


def as_append(batch: "Batch", *, overwrite_profiles: bool = False) -> Append:
    """Turn a decided batch into the rows of one commit."""
    source = batch.source
    told = folded([*batch.new_customers.items(), *batch.told_profiles], overwrite=overwrite_profiles)
    new = {customer_id: told.pop(customer_id) for customer_id in batch.new_customers}
    touched = {account.customer_id for account in batch.accounts.values() if account.touched}
    return appended(
        batch,
        before=[
            *new_customers(new, batch.new_aliases, source.namespace, batch.now),
            *told_profiles(told, overwrite=overwrite_profiles),
            *memberships(batch.new_memberships, batch.superseded, source.request_id, batch.now),
            *_purchases(batch),
        ],
        after=[*_refunds(batch), *_uses(batch), *climbed(batch.climbs, touched), *_traces(batch)],
    )


def _purchases(batch: "Batch") -> list[Part]:
    """New orders by their number, known ones by their id, so that batches that meet the same ones wait in one order."""
    orders = sorted(batch.purchases.values(), key=lambda order: order.purchase_id)
    new = sorted((o for o in orders if o.seen is None), key=lambda order: order.order_id)
    told = [o for o in new if o.told]
    filled = [(o.purchase_id, o.seen, *_facts(o)) for o in orders if o.told and o.seen is not None and not o.edited]
    edited = [(o.purchase_id, o.seen, *_facts(o)) for o in orders if o.told and o.seen is not None and o.edited]
    awaited = [(o.purchase_id, o.order_id, o.version) for o in new if not o.told]
    bumped = [
        (o.purchase_id, o.seen, o.version, o.member) for o in orders if o.changed and not o.told and o.seen is not None
    ]
    source = batch.source
    said = (source.program.currency, source.request_id, source.origin, batch.now, "recorded")
    parts = []
    if told:
        rows = [(o.purchase_id, o.order_id, *_facts(o)) for o in told]
        same = dict(zip(_SAME, said, strict=True))
        columns = ["purchase_id", "order_id", *_TOLD]
        parts.append(insert(tables.Purchase, columns, rows, storefront_id=source.storefront_id, **same))
    if awaited:
        bare = {"state": "awaited", "test": False, "member": False, "recorded_at": batch.now, "origin": source.origin}
        part = insert(tables.Purchase, _AWAITED, awaited, storefront_id=source.storefront_id, **bare)
        parts.append(Part("new_awaited_purchase", part.sql, part.args))
    if filled:
        parts.append(update("filled_purchase", _FILL, filled, *said))
    if edited:
        parts.append(Part("new_purchase_former", _FORMER, [[row[0] for row in edited], batch.now]))
        parts.append(update("edited_purchase", _EDIT, edited, batch.now))
    if bumped:
        parts.append(update("purchase_version", _BUMP, bumped))
    return parts


def _facts(order: "OpenOrder") -> tuple[object, ...]:
    new = order.told
    if new is None:  # pragma: no cover - the callers asked for it
        raise AssertionError
    return (
        order.customer_id, new.placed_at, new.goods_minor, new.discount_minor, new.tax_minor, new.shipping_minor,
        new.reward_discount_minor, new.delivered_at, _text(new.payments), _text(new.lines), new.referral_code,
        _text(new.redemption_ids), new.channel, new.test, new.source_updated_at, _text(new.metadata), order.member,
        order.fingerprint, order.edit_fingerprint, order.version,
    )  # fmt: skip


def _text(value: object) -> str | None:
    return None if value is None else _json(value).decode()


def _traces(batch: "Batch") -> list[Part]:
    """Remember by what addresses and means of payment a customer bought: referrals are checked by it."""
    return traces(
        [
            (order.customer_id, kind, trace)
            for order in batch.purchases.values()
            if order.told and order.told.traces and order.customer_id and not order.test
            for kind, trace in order.told.traces.items()
        ]
    )


def _refunds(batch: "Batch") -> list[Part]:
    rows = [(*(getattr(r, name) for name in _REFUND), _text(lines)) for r, lines in batch.new_refunds]
    return [insert(tables.Refund, [*_REFUND, "lines"], rows)] if rows else []


def _uses(batch: "Batch") -> list[Part]:
    """Write what customers hold under rules that count; as sums, since the account's version guards them."""
    rows = [(*key, batch.uses[key]) for key in sorted(batch.changed_uses)]
    arrays: list[Any] = [list(column) for column in zip(*rows, strict=True)]
    return [Part("cap_use", _USES, arrays)] if rows else []


@forgetter
def _forget_notes(person: Person) -> list[Part]:
    """Blank what shops noted besides; the money and the points stay."""
    return [Part("blanked_purchase", _FORGET_NOTES, [person.customer_ids])]


exporter(
    "purchases",
    "SELECT json_agg(json_build_object('order_id', p.order_id, 'placed_at', p.placed_at, 'currency', p.currency,"
    " 'goods_minor', p.goods_minor, 'as_member', p.member, 'lines', p.lines, 'metadata', p.metadata, 'refunds', ("
    " SELECT json_agg(json_build_object('refund_id', r.refund_id, 'refunded_at', r.refunded_at,"
    " 'goods_minor', r.goods_minor) ORDER BY r.refunded_at)"
    " FROM refund r WHERE r.program_id = $1 AND r.purchase_id = p.purchase_id)) ORDER BY p.placed_at)"
    " FROM purchase p WHERE p.program_id = $1 AND p.customer_id = ANY($2::uuid[])",
)
