"""The tiers: the page that shows them, and the form that publishes a new version."""
