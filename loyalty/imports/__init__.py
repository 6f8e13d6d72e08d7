"""Files of members, purchases and refunds: staged, worked off in order, resumable."""
