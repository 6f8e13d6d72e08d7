"""Rewards: the catalogue, one of them with who asked for it, and the form that offers or changes one."""
