"""The page of exports: asking for a file, how far each one is, and taking it."""
