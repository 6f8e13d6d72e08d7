"""What a purchase earns, and why: versions of rules, and the kinds of rule there are."""
