"""One request under a key, and what was answered to it first."""

from msgspec import Struct


class Once(Struct, frozen=True):
    """One keyed request. `scope`: "storefront/3" or "user/<id>"; the keys of different callers never meet."""

    program_id: int
    scope: str
    key: str
    fingerprint: bytes
    request_id: str


class Pinned(Struct, frozen=True):
    """The first answer under a key, byte for byte. `request_id` is that of the request that got it."""

    status: int
    body: bytes
    request_id: str


class Answered(Struct, frozen=True):
    """What is answered now; `replayed` when an earlier request got it first."""

    pinned: Pinned
    replayed: bool
