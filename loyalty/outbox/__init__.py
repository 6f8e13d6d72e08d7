"""Who is told of events, and how they are: rows of the event's own commit, handed over by the worker.

A consumer is registered by the doors (`loyalty/background.py`), in every process that writes events and in the worker.
It gets the events of a programme at least once, in the order of their ids, in batches; what it writes to PostgreSQL and
the end of the outbox's rows are one commit, so that this it does exactly once. A consumer that fails is tried again
with pauses that grow, and stays where it is; the others go on.
"""

from loyalty.outbox.consumer import Consumer, consumers, listeners, register_consumer

__all__ = ["Consumer", "consumers", "listeners", "register_consumer"]
