"""The programme's effect in the panel: three levels of evidence on one axis, the holdout, and objectives."""
