"""Drawing lots that come out the same whenever they are drawn: the hold-out, and a survey's sample. Pure."""

from hashlib import sha256
from uuid import UUID

from surveys.plans.policy import EVERYBODY_BP


def draw(left: str, right: str) -> int:
    """Draw from 0 to 9,999."""
    return int.from_bytes(sha256((left + right).encode()).digest(), "big") % EVERYBODY_BP


def held_out(salt: str, customer_id: UUID, holdout_bp: int) -> bool:
    """Tell whether a customer is never surveyed."""
    return draw(salt, str(customer_id)) < holdout_bp


def sampled_out(survey_id: UUID, occasion: str, sample_bp: int) -> bool:
    """Tell whether a survey passes over an occasion."""
    return draw(str(survey_id), occasion) >= sample_bp
