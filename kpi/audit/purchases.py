"""The recounts of purchases: who bought, came back, was won or lost, how often and for how much."""

from kpi.audit.counting import PLACED, Counting, by_status, named, of_all, together

# The steps of the flow of customers, by who was a member at the start; `gap` has the whole seconds since the customer's
# purchase before. Active is who bought in the programme's window before an instant, once so far back is known.
VIEWS = f"""
CREATE VIEW earliest AS SELECT min(first_at) AS first_at FROM debut;
CREATE VIEW flow AS
  WITH told AS (
    SELECT slot, who, 'start' AS step FROM bought_before
    UNION ALL SELECT slot, who, 'retained' FROM bought_before SEMI JOIN anybody USING (slot, who)
    UNION ALL SELECT slot, who, 'lost' FROM bought_before ANTI JOIN anybody USING (slot, who)
    UNION ALL SELECT slot, who, 'new' FROM newcomer
    UNION ALL SELECT slot, who, 'reactivated'
    FROM anybody SEMI JOIN known_at_start USING (slot, who) ANTI JOIN bought_before USING (slot, who)
    UNION ALL SELECT slot, who, 'end' FROM anybody)
  SELECT t.slot, t.who, step, m.who IS NOT NULL AS member FROM told t LEFT JOIN member_at_start m USING (slot, who);
CREATE VIEW gap AS
  SELECT slot, member, (epoch_us(placed_at) - epoch_us(previous_at)) // 1000000 AS seconds
  FROM qualifying {PLACED} WHERE who IS NOT NULL AND previous_at IS NOT NULL;
CREATE VIEW active_at_start AS
  SELECT DISTINCT slot, who FROM slot JOIN qualifying ON placed_at >= active_from AND placed_at < start_at
  WHERE who IS NOT NULL AND (SELECT first_at FROM earliest) < active_known_by;
CREATE VIEW active_at_end AS
  SELECT DISTINCT slot, who FROM slot JOIN qualifying ON placed_at >= still_active_from AND placed_at < end_at
  WHERE who IS NOT NULL;
CREATE VIEW both_sides AS
  SELECT slot, who FROM bought WHERE who IS NOT NULL GROUP BY slot, who HAVING count(DISTINCT member) = 2;
CREATE VIEW new_on_both AS FROM both_sides SEMI JOIN newcomer USING (slot, who);
"""  # noqa: S608 - our own words


def _rate(asked: str, done: str, did: str) -> str:
    """Count who did it among those asked, by status at the start."""
    rows = f"""
SELECT a.slot, m.who IS NOT NULL AS member, {did} AS did
FROM {asked} a LEFT JOIN {done} b USING (slot, who) LEFT JOIN member_at_start m USING (slot, who)"""  # noqa: S608 - as above
    return by_status(rows, "count(*) FILTER (did)", "count(*)")


def _by_order(num: str, den: str = "NULL", rows: str = "buyer") -> str:
    """Sum what was bought, by status at the purchase."""
    return f"SELECT slot, segment, {num} AS num, {den} AS den FROM {rows} GROUP BY slot, segment"  # noqa: S608 - as above


def _share(what: str, part: str) -> str:
    """Divide what a part of all purchases comes to by all of them."""
    return of_all(f"sum(CASE WHEN {part} THEN {what} ELSE 0 END)", f"sum({what})", "bought")


_IN, _OUT = "b.who IS NOT NULL", "b.who IS NULL"
_ORDERS = _by_order("sum(orders)", "count(*)")
_REPEAT = Counting(_by_order("count(*) FILTER (orders >= 2)", "count(*)"))
_NEW = _by_order("count(*)", rows="(FROM buyer SEMI JOIN newcomer USING (slot, who))")
COUNTINGS = {
    "retention_rate": Counting(_rate("bought_before", "anybody", _IN)),
    "churn_rate": Counting(_rate("bought_before", "anybody", _OUT)),
    "crr_stock": Counting(_rate("active_at_start", "active_at_end", _IN)),
    "lapse_rate": Counting(_rate("active_at_start", "active_at_end", _OUT)),
    "loyal_conversion": Counting(_rate("(FROM member_at_start UNION FROM known_at_start)", "anybody", _IN)),
    "base_flow": Counting(
        by_status("FROM flow WHERE step = 'end'", "count(*)"),
        together(
            "SELECT slot, step AS name, count(*) AS number FROM flow GROUP BY slot, step",
            "SELECT slot, CASE WHEN member THEN 'member_' ELSE 'non_member_' END || step, count(*) FROM flow"
            " GROUP BY slot, member, step",
        ),
    ),
    "repeat_purchase_rate": _REPEAT,
    "reorder_rate": _REPEAT,
    "returning_customer_rate": Counting(_by_order("count(*) FILTER (later >= 1)", "count(*)")),
    "days_between_purchases": Counting(by_status("FROM gap", "sum(seconds)", "count(*)")),
    "aov": Counting(_by_order("sum(net)", "sum(orders)", "side")),
    "orders_per_active": Counting(_ORDERS),
    # Per month of the period: the same whole numbers.
    "purchase_frequency": Counting(_ORDERS),
    "spend_per_active": Counting(_by_order("sum(net)", "count(*)")),
    "active_customers": Counting(_by_order("count(*)")),
    # Here the overlap is of the new ones. So far left as the data begins, who looks new may not be.
    "new_customers": Counting(
        _NEW,
        together(
            named("overlap", "count(n.who)", "slot LEFT JOIN new_on_both n USING (slot)"),
            named("left_censored", "1 - count(e.first_at)", "slot LEFT JOIN earliest e ON e.first_at < year_known_by"),
        ),
    ),
    "orders": Counting(_by_order("sum(orders)", rows="side")),
    "revenue": Counting(_by_order("sum(net)", rows="side")),
    "member_order_share": Counting(_share("orders", "member")),
    "member_revenue_share": Counting(_share("net", "member")),
    "identified_order_share": Counting(_share("orders", "who IS NOT NULL")),
}
# What stands beside every measure's figures.
COUNTS = together(
    named("joiners", "count(*)", "joiner"),
    named("overlap", "count(*)", "both_sides"),
)
