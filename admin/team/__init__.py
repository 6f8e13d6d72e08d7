"""The page of the team: who may come in, as what, and letting people in and go."""
