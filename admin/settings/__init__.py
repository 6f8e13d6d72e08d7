"""The page of a programme's settings: its policies as a form, and what never changes."""
