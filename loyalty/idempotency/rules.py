"""What makes two requests the same, and what a key may look like."""

import re
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from loyalty.idempotency.refusals import KeyMalformed

# Visible ASCII: what every proxy, log and client passes on as it is.
KEY_PATTERN = r"^[\x21-\x7e]{1,255}$"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def fingerprint(operation: str, body: object) -> bytes:
    """Hash an operation ("redemption/1") and what of its request matters for money: ids of its path, not metadata.

    `body` is anything that msgspec encodes. The order of fields and an instant's offset make no difference.
    """
    plain = _alike(msgspec.to_builtins((operation, body), builtin_types=(datetime,)))
    return sha256(msgspec.json.encode(plain, order="sorted")).digest()


def _alike(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, dict):
        return {name: _alike(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_alike(inner) for inner in value]
    return value


def checked_key(told: list[str]) -> str:
    """Give the one key that a request was sent with, or say how it must look."""
    if len(set(told)) != 1 or not _KEY.fullmatch(told[0]):
        msg = "Send one `Idempotency-Key` of 1 to 255 visible ASCII characters, without spaces; a UUID does."
        raise KeyMalformed(msg)
    return told[0]
