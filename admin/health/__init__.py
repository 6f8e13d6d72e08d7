"""The page of the service's health: what waits, what runs, what fails, what was checked last."""
