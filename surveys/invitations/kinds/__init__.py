"""Files of whom to ask, as a kind of import; `loyalty/imports/kind.py` says what a kind is."""
