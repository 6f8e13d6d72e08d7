"""What arrived: purchases with all that was told of them, calls that were refused, and the events that came of it."""
