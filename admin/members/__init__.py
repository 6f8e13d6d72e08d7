"""The people of a programme: finding them, and everything about one of them."""
