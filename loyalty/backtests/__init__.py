"""What other earning rules would have given for past purchases: decided anew as they were then, and never written."""
