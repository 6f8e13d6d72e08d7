"""Who may come in: storefronts by bearer key, staff by one-time link and session."""
