"""One file a kind of reward; `loyalty/rewards/kind.py` says what a kind is."""
