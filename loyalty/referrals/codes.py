"""How referral codes look, and when two are the same. Pure but for chance."""

import secrets
from urllib.parse import urlencode, urlsplit, urlunsplit

from loyalty.errors import Invalid

# Without 0 O, 1 I L, and U: neither mistaken for another when read aloud or off a receipt, nor a word by accident.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 7
SHORTEST, LONGEST = 4, 24
# What people type for another: as Crockford's base 32 reads them.
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})


def new_code() -> str:
    """Make up a code: 30 ** 7 of them, so a guess meets one of a million members' once in twenty thousand."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def key_of(code: str) -> str:
    """Give what makes a code that code: case, spaces, hyphens and look-alikes do not matter."""
    return code.upper().translate(_ALIKE)


def custom(code: str) -> str:
    """Check a code that staff made up; gives it in capitals."""
    shown = code.strip().upper()
    if not all(sign.isascii() and (sign.isalnum() or sign == "-") for sign in shown):
        msg = "A code has letters from A to Z, digits and hyphens."
        raise Invalid(msg, pointer="/code")
    if not SHORTEST <= len(key_of(shown)) <= LONGEST:
        msg = f"A code has {SHORTEST} to {LONGEST} letters and digits."
        raise Invalid(msg, pointer="/code")
    return shown


def link_of(base: str | None, code: str) -> str | None:
    """Give the address that carries a code into the storefront; None where no address was published."""
    if base is None:
        return None
    scheme, netloc, path, query, fragment = urlsplit(base)
    told = "&".join(part for part in (query, urlencode({"ref": code})) if part)
    return urlunsplit((scheme, netloc, path, told, fragment))
