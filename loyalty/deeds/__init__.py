"""What members do besides buying, and what they earn by it: actions that a storefront tells, joining, birthdays."""
