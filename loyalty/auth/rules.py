"""How secrets look and how they are kept: 256 random bits, shown once, stored as SHA-256."""

import re
import secrets
from hashlib import sha256

_KEY = re.compile(r"lk_(live|test)_(\d{1,9})_([A-Za-z0-9_-]{20,64})")


def new_secret() -> str:
    """Make 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """Hash a secret for storage. It is random, so a plain fast hash does."""
    return sha256(secret.encode()).digest()


def key_text(mode: str, program_id: int, secret: str) -> str:
    """Write a storefront's key: its mode and its programme's number stand in it in clear."""
    return f"lk_{mode}_{program_id}_{secret}"


def program_of_key(key: str) -> int | None:
    """Read the programme's number from a key; None when it is no key."""
    match = _KEY.fullmatch(key)
    return int(match[2]) if match else None


def csrf_token(secret: str) -> str:
    """Derive a session's CSRF token from its secret: bound to it, and nothing to store."""
    return sha256(b"csrf:" + secret.encode()).hexdigest()
