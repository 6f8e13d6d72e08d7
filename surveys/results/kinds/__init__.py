"""Files of what customers said, as a kind of export; `loyalty/exports/kind.py` says what a kind is."""
