"""The page of what staff did."""
