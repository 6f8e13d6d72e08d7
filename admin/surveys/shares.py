"""Shares as people write them, in percent, and as they are stored, of 10,000."""

from decimal import ROUND_HALF_UP, Decimal


def in_percent(share_bp: int) -> float:
    """Write `25.5`, and `100` without a decimal."""
    return share_bp // 100 if not share_bp % 100 else share_bp / 100


def in_bp(percent: object) -> int:
    """Read a percentage, as it is written or counted."""
    return int((Decimal(str(percent)) * 100).quantize(Decimal(1), ROUND_HALF_UP))
