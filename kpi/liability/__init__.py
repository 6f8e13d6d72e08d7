"""The liability: how what customers hold in points came about, period by period, in points and in money."""
