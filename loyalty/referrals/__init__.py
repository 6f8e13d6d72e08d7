"""Referrals: members bring friends by a code, and both are rewarded when the friend has bought and kept it."""
