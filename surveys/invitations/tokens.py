"""The secret in a link: made of the invitation by a key of the server's, so that it can be made again. Pure.

Stored are its SHA-256, the key's id and the version: who reads the database can open no link, and a reminder carries
the same one. Raising the version ends the links before it.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from hmac import digest
from typing import NamedTuple
from uuid import UUID

_LINK = re.compile(r"([1-9]\d{0,8})\.([A-Za-z0-9_-]{43})")
_KEY_ID_DIGITS = 16


class Token(NamedTuple):
    """`secret`: 256 bits as 43 letters; never stored, logged or exported."""

    secret: str
    key_id: str

    @property
    def sha256(self) -> bytes:
        """What is stored of it."""
        return sha256(self.secret.encode()).digest()


class Keyring:
    """The server's keys, the newest first. Older ones only make again what they made."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Name each key by a part of its digest."""
        self._keys = {sha256(b"key id\0" + key).hexdigest()[:_KEY_ID_DIGITS]: key for key in keys}

    @property
    def newest(self) -> str | None:
        """The id of the key that makes new links; None: there is none."""
        return next(iter(self._keys), None)

    def token(self, key_id: str, invitation_id: UUID, version: int) -> Token | None:
        """Make the secret of an invitation; None when that key is no more."""
        key = self._keys.get(key_id)
        if key is None:
            return None
        made = digest(key, invitation_id.bytes + version.to_bytes(4, "big"), "sha256")
        return Token(urlsafe_b64encode(made).rstrip(b"=").decode(), key_id)


def written(program_id: int, secret: str) -> str:
    """Write what stands in a link: the programme's number in clear, then the secret."""
    return f"{program_id}.{secret}"


def read(told: str) -> tuple[int, bytes] | None:
    """Read (programme, SHA-256 of the secret) from a link; None when it can be none."""
    found = _LINK.fullmatch(told)
    return (int(found[1]), sha256(found[2].encode()).digest()) if found else None


def address(public_url: str, program_id: int, secret: str) -> str:
    """Write the address of a survey."""
    return f"{public_url.rstrip('/')}/s/{written(program_id, secret)}"
