"""Referrals: how they go, those that wait for staff, all of them, and the terms."""
