"""Codes of an authenticator app (TOTP, RFC 6238): six digits, of thirty seconds each. Pure: the time is told."""

from datetime import datetime
from hmac import compare_digest

from pyotp import TOTP, random_base32

STEP_SECONDS = 30
# A phone's clock may be one step off.
_DRIFT = (0, -1, 1)


def new_secret_of_codes() -> str:
    """Make a secret for an app, in base 32."""
    return random_base32()


def step_of_code(secret: str, code: str, now: datetime, last: int | None) -> int | None:
    """Tell which time step a code is of; None when it is wrong, or of a step not after the `last` one used."""
    code = "".join(code.split())
    if not (code.isascii() and code.isdigit()):
        return None
    current, codes = int(now.timestamp()) // STEP_SECONDS, TOTP(secret)
    for step in (current + drift for drift in _DRIFT):
        if compare_digest(codes.at(step * STEP_SECONDS), code) and (last is None or step > last):
            return step
    return None


def app_address(secret: str, email: str) -> str:
    """Write what an app reads from the square picture."""
    return TOTP(secret).provisioning_uri(name=email, issuer_name="Loyalty")
