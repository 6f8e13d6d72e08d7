"""A person's rights: whatever room stores something of a person registers how to forget it, and how to export it."""

from collections.abc import Callable
from uuid import UUID

from msgspec import Struct

from loyalty.statements import Part


class Person(Struct, frozen=True):
    """Who it is about: all customers that were merged into one, and every id by which shops called them."""

    program_id: int
    customer_ids: list[UUID]
    # (namespace, external id)
    aliases: list[tuple[str, str]]


Forgetter = Callable[[Person], list[Part]]
FORGETTERS: list[Forgetter] = []
# What is exported under a name: SQL of one JSON value, with $1 the programme and $2 the customers.
EXPORTERS: dict[str, str] = {}


def forgetter(forget: Forgetter) -> Forgetter:
    """Register parts that hang on the commit of an erasure."""
    FORGETTERS.append(forget)
    return forget


def exporter(name: str, sql: str) -> None:
    """Register what a person's export holds under a name."""
    EXPORTERS[name] = sql
