"""Who wants to be told of events."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from loyalty.database import Database, Tx
from loyalty.outbox.facts import Event

# What it writes through the Tx is one commit with the end of the outbox's rows. Events are of one programme.
Handle = Callable[[Tx, int, Sequence[Event]], Awaitable[None]]
# Whether a consumer is told of events of a type and origin: of others it has no rows, so they cost a write nothing.
Wants = Callable[[str, str], bool]
# Everything up to now, from the rows themselves; it may be begun again after a failure, and commits as it likes.
Rebuild = Callable[[Database, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Consumer:
    """One who is told. The name is for ever: its rows have it. `rebuild` comes once per programme, before any event.

    Without `wants` it is told of all events; what it wants must not change while the service runs.

    Ids are made before the commit, so an event may turn up after one with a later id; those of one customer do not.
    """

    name: str
    handle: Handle
    rebuild: Rebuild | None = None
    wants: Wants | None = None


_consumers: dict[str, Consumer] = {}


def register_consumer(name: str, handle: Handle, rebuild: Rebuild | None = None, wants: Wants | None = None) -> None:
    """Have an outbox row written for this consumer with every event that it wants. The doors call it at start."""
    consumer = Consumer(name, handle, rebuild, wants)
    if _consumers.setdefault(name, consumer) != consumer:
        msg = f"the consumer {name!r} is registered twice"
        raise ValueError(msg)


def consumers() -> list[str]:
    """Name every registered consumer."""
    return sorted(_consumers)


def listeners(kind: str, origin: str) -> list[str]:
    """Name the consumers that are told of events of a type and origin."""
    return [one.name for one in registered() if one.wants is None or one.wants(kind, origin)]


def registered() -> list[Consumer]:
    """Give every registered consumer, by name."""
    return [_consumers[name] for name in consumers()]
