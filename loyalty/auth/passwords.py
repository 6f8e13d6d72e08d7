"""Passwords as they are kept: Argon2id, hashed aside, since it takes a tenth of a second and 64 MB."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from loyalty.errors import Invalid

SHORTEST, LONGEST = 12, 256
_HASHER = PasswordHasher()
# Two at a time, whoever asks: the others wait, and the pages of those who are in do not.
_ASIDE = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
# Nobody's: whoever has no password is compared with it, so that the answer takes as long.
_NOBODYS = _HASHER.hash("nobody's")


def check_password(password: str, email: str) -> None:
    """Refuse a password that is too short, too long, or the e-mail address. Length is what counts (NIST 800-63B)."""
    if not SHORTEST <= len(password) <= LONGEST or "\0" in password:
        msg = f"A password has {SHORTEST} to {LONGEST} characters."
        raise Invalid(msg, pointer="/password")
    if password.casefold() == email.casefold():
        msg = "A password is not one's e-mail address."
        raise Invalid(msg, pointer="/password")


async def hashed(password: str) -> str:
    """Hash a password, with a salt of its own."""
    return await asyncio.get_running_loop().run_in_executor(_ASIDE, _HASHER.hash, password)


async def is_password(kept: str | None, password: str) -> bool:
    """Compare; where none is kept, it takes as long and is never the right one."""
    if len(password) > LONGEST:
        return False
    said = await asyncio.get_running_loop().run_in_executor(_ASIDE, _compared, kept or _NOBODYS, password)
    return said and kept is not None


def _compared(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
