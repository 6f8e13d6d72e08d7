"""Reading the facts of periods from the rows themselves: every purchase once, for any knowledge time."""
