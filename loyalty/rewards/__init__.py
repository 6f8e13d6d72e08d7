"""What points can be spent on: rewards, and their redemption by hold, capture, release and reversal."""
