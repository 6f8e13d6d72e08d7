"""Whether the programme works: the gap that is observed, the effect that is estimated, and the one that is measured.

`docs/impact.md` says all of it in words, with tables worked by hand. The estimate goes `shop` (what is read), `windows`
(what each customer did around a day), `strata` (who is like whom), `matching` (the sums), `comparison` (over all days
of joining) and `halves` (the self-test), `gates` (what may be told). The measurement is `holdout`, its plan `horizon`.
"""
