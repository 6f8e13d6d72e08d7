"""One file a kind of export; `loyalty/exports/kind.py` says what a kind is."""
