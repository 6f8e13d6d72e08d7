"""Measurements, each against a limit or peer in the same run: machines are shared and noisy, ratios are not."""
