"""Who is asked, when, or why not: planned, sent or skipped, reminded; their links; whom nothing more is sent to."""
