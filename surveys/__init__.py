"""NPS surveys: who is asked and why not, personal links, answers, and what the score says. docs/surveys.md in code."""
