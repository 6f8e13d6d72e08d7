"""Surveys: what came of them, the surveys themselves with their policy, and the cases of detractors."""
