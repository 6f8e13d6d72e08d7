"""What no purchase tells and a manager enters: the cost of a point, money spent, leads, unit costs."""
