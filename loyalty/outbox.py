"""Who is told of events. An outbox row is written per registered consumer, in the commit of the event itself."""

_consumers: set[str] = set()


def register_consumer(name: str) -> None:
    """Have an outbox row written for this consumer with every event from now on. The doors call it at start."""
    _consumers.add(name)


def consumers() -> list[str]:
    """Name every registered consumer."""
    return sorted(_consumers)
