"""Passwords as they are kept: Argon2id, hashed aside, since it takes a tenth of a second and 64 MB."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from loyalty.errors import Invalid, TooManyRequests

_T = TypeVar("_T")
SHORTEST, LONGEST = 12, 256
_HASHER = PasswordHasher()
# Two at a time, whoever asks: the others wait, and the pages of those who are in do not.
_ASIDE = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
# So many wait at most, some seconds; a flood of guesses is refused before it is counted, or kept.
MOST_WAITING = 40
_SECONDS = 5
# Nobody's: whoever has no password is compared with it, so that the answer takes as long. It is of no password: making
# the hash of one would take that long at the start of every process.
_SALT, _HASH = (b64encode(bytes(length)).rstrip(b"=").decode() for length in (_HASHER.salt_len, _HASHER.hash_len))
_COST = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
_NOBODYS = f"$argon2id$v={ARGON2_VERSION}${_COST}${_SALT}${_HASH}"


@dataclass
class _Waiting:
    """How many wait or are worked on."""

    now: int = 0

    def one_less(self) -> None:
        self.now -= 1


_waiting = _Waiting()


def check_password(password: str, email: str) -> None:
    """Refuse a password that is too short, too long, or the e-mail address. Length is what counts (NIST 800-63B)."""
    if not SHORTEST <= len(password) <= LONGEST or "\0" in password:
        msg = f"A password has {SHORTEST} to {LONGEST} characters."
        raise Invalid(msg, pointer="/password")
    if password.casefold() == email.casefold():
        msg = "A password is not one's e-mail address."
        raise Invalid(msg, pointer="/password")


def refuse_a_flood() -> None:
    """Refuse to compare or hash one more, while as many wait as may."""
    if _waiting.now >= MOST_WAITING:
        msg = f"Many are signing in. Try again in {_SECONDS} s."
        raise TooManyRequests(msg, retry_after_seconds=_SECONDS)


async def hashed(password: str) -> str:
    """Hash a password, with a salt of its own."""
    return await _aside(_HASHER.hash, password)


async def is_password(kept: str | None, password: str) -> bool:
    """Compare; where none is kept, it takes as long and is never the right one."""
    if len(password) > LONGEST:
        return False
    said = await _aside(_compared, kept or _NOBODYS, password)
    return said and kept is not None


async def _aside(work: Callable[..., _T], *told: str) -> _T:
    refuse_a_flood()
    _waiting.now += 1
    doing = asyncio.get_running_loop().run_in_executor(_ASIDE, work, *told)
    # Until it is done, also where whoever asked has gone.
    doing.add_done_callback(lambda _: _waiting.one_less())
    return await asyncio.shield(doing)


def _compared(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
