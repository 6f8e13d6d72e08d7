"""The key figures: a list of all, and a page for each."""
