"""Requests under an `Idempotency-Key`: done once, and answered alike for ever. Keys are never forgotten."""
