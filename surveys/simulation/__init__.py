"""Surveys made up over the purchases of a sample, for those who look first. Labelled wherever they show."""
