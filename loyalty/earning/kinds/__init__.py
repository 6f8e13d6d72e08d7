"""One file a kind of earning rule; `loyalty/earning/kind.py` says what a kind is."""
