"""What is asked of whom: surveys with their editions and triggers, and the policy that holds in all of them."""
