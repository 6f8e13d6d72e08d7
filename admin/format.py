"""How the panel writes numbers, money and dates: as every page of the service does."""

from loyalty.format import LOCALES, MINUS, MISSING, Format, place

__all__ = ["LOCALES", "MINUS", "MISSING", "Format", "place"]
