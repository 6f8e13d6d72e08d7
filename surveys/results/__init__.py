"""What came of it: scores with their intervals, who comes back, and what may be published."""
