"""Purchases and refunds: recorded, decided, appended, in one commit."""
