"""The border of the service: requests, problems, bounds, health. No business here."""
