"""Readers of parts, one file each, with their SQL: what only some measures need is read for those alone."""
