"""The recounts of money beside purchases: what winning customers cost, what is left of sales, and what came back."""

from kpi.audit.counting import PLACED, Counting, by_status, named, of_all, together


def _newest(file: str, *keys: str) -> str:
    """Take of everything entered the newest version that was known, unless it says that there is nothing."""
    return f"""
SELECT * FROM (
  SELECT * FROM '{file}.parquet' WHERE recorded_at <= getvariable('known_at')
  QUALIFY row_number() OVER (PARTITION BY {", ".join(keys)} ORDER BY version DESC) = 1
) WHERE NOT withdrawn"""  # noqa: S608 - our own words


# `midnight`: when the days begin from which costs count. A line's own cost wins; only goods and services have one.
# What is kept carries its part of the cost, and of what has a cost, each rounded half up.
_MARGINS = f"""
CREATE VIEW unit_cost AS
  SELECT sku, begin_at, lead(begin_at, 1, 'infinity'::TIMESTAMP) OVER (PARTITION BY sku ORDER BY begin_at) AS until_at,
    unit_cost_minor
  FROM ({_newest("unit_costs", "sku", "from_on")}) JOIN midnight USING (from_on);
CREATE TABLE margin AS
  WITH line AS (
    SELECT q.purchase_id, l.quantity::HUGEINT AS quantity, l.amount_minor::HUGEINT AS amount,
      coalesce(l.unit_cost_minor, c.unit_cost_minor) AS unit_cost
    FROM qualifying q JOIN 'lines.parquet' l USING (purchase_id, version)
    LEFT JOIN unit_cost c ON c.sku = l.sku AND q.placed_at >= c.begin_at AND q.placed_at < c.until_at
    WHERE l.kind IN ('goods', 'service')
  ), whole AS (
    SELECT purchase_id, sum(quantity * unit_cost) AS cost, sum(amount) AS covered FROM line
    WHERE unit_cost IS NOT NULL GROUP BY purchase_id)
  SELECT placed_at, who, member, rank, net, (2 * coalesce(cost, 0) * kept + goods) // (2 * goods) AS cost,
    (2 * net * coalesce(covered, 0) + goods) // (2 * goods) AS covered
  FROM qualifying LEFT JOIN whole USING (purchase_id) WHERE who IS NOT NULL;
CREATE VIEW profit AS SELECT * FROM margin {PLACED};
CREATE VIEW covered_slot AS
  SELECT slot FROM profit GROUP BY slot HAVING 100 * sum(net - covered) <= 20 * sum(net);
CREATE VIEW first_sale AS
  SELECT slot, sum(net) AS net, sum(cost) AS cost, sum(covered) AS covered, count(*) AS customers
  FROM profit WHERE rank = 1 GROUP BY slot;
"""  # noqa: S608 - our own words

# Units of lines of kind goods; a cancelled purchase was no sale. Where nothing is kept everything came back; else what
# the refunds' lines say, of a line never more than was sold.
_UNITS = f"""
CREATE TABLE sold AS
  SELECT purchase_id, line_id, sum(l.quantity) AS units
  FROM sale s JOIN 'lines.parquet' l USING (purchase_id, version) WHERE kind = 'goods' AND NOT cancelled AND goods > 0
  GROUP BY ALL;
CREATE TABLE back AS
  SELECT purchase_id, refund_id, refunded_at, line_id, sum(l.quantity) AS units
  FROM (FROM refund WHERE kind = 'refund') JOIN 'refund_lines.parquet' l USING (purchase_id, refund_id)
  WHERE l.kind = 'goods' GROUP BY ALL;
CREATE VIEW returned AS
  SELECT slot, member, o.units AS sold,
    CASE WHEN kept = 0 THEN o.units ELSE least(o.units, coalesce(b.units, 0)) END AS returned
  FROM sale JOIN sold o USING (purchase_id)
  LEFT JOIN (SELECT purchase_id, line_id, sum(units) AS units FROM back GROUP BY ALL) b USING (purchase_id, line_id)
  {PLACED};
CREATE VIEW came_back AS
  SELECT refunded_at AS placed_at, member, least(o.units, b.units) AS units
  FROM back b JOIN sold o USING (purchase_id, line_id) JOIN sale USING (purchase_id)
  UNION ALL
  -- A refund of everything at once need not say what came back.
  SELECT r.refunded_at, member, o.units FROM refund r JOIN sale s USING (purchase_id) JOIN sold o USING (purchase_id)
  WHERE r.kind = 'refund' AND r.goods_minor >= s.goods AND NOT r.lined;
CREATE VIEW unlined AS SELECT slot FROM qualifying {PLACED} WHERE NOT lined;
CREATE VIEW untold AS
  SELECT slot FROM qualifying s JOIN refund r USING (purchase_id)
  {PLACED} WHERE r.kind = 'refund' AND s.lined AND NOT r.lined;
"""  # noqa: S608 - our own words

# Who a lead became is told by the file of links; 30 days are 30 times 24 hours.
_ENTERED = f"""
CREATE VIEW spent AS
  SELECT slot, kind, sum(amount_minor) AS minor
  FROM slot JOIN ({_newest("spend", "spend_id")}) ON booked_on >= start_on AND booked_on < end_on GROUP BY slot, kind;
CREATE VIEW prospect AS
  WITH became AS (
    SELECT lead, version, min(first_at) AS first_at
    FROM 'lead_links.parquet' JOIN person USING (customer_id) JOIN debut USING (who) GROUP BY ALL)
  SELECT slot, coalesce(channel, '') AS channel, qualified, created_at + INTERVAL 720 HOUR <= as_of AS mature,
    coalesce(first_at >= created_at AND first_at <= created_at + INTERVAL 720 HOUR, false) AS converted
  FROM ({_newest("leads", "lead")}) LEFT JOIN became USING (lead, version)
  JOIN slot ON created_at >= start_at AND created_at < end_at;
CREATE VIEW ripe AS SELECT * FROM prospect WHERE qualified AND mature;
"""  # noqa: S608 - our own words
VIEWS = _MARGINS + _UNITS + _ENTERED

_NEW = "(SELECT slot, count(*) AS customers FROM newcomer GROUP BY slot)"
_JOINED = "(SELECT slot, count(*) AS customers FROM joiner GROUP BY slot)"
_WON = named("new_customers", "count(*)", "newcomer")


def _spent(kind: str) -> str:
    return f"(FROM spent WHERE kind = '{kind}')"


def _minor(kind: str) -> str:
    return named("spend_minor", "sum(minor)", _spent(kind))


_LINES = together(
    named("purchases_without_lines", "count(*)", "unlined"),
    named("refunds_without_lines", "count(*)", "untold"),
)
COUNTINGS = {
    "cac": Counting(
        of_all("sum(minor)", "sum(customers)", f"{_spent('acquisition')} JOIN {_NEW} USING (slot)"),
        together(_WON, _minor("acquisition")),
    ),
    "cac_net": Counting(
        of_all(
            "sum(minor - net + cost)",
            "sum(customers)",
            f"{_spent('acquisition')} JOIN first_sale USING (slot) WHERE 100 * covered >= 80 * net",
        ),
        together(
            _WON,
            _minor("acquisition"),
            named("net_minor", "sum(net)", "first_sale"),
            named("uncovered_minor", "sum(net - covered)", "first_sale"),
            named(
                "margin_minor",
                "sum(coalesce(net - cost, 0))",
                f"{_spent('acquisition')} LEFT JOIN first_sale USING (slot)",
            ),
        ),
    ),
    "cost_per_new_member": Counting(
        of_all("sum(minor)", "sum(customers)", f"{_spent('enrolment')} JOIN {_JOINED} USING (slot)"),
        _minor("enrolment"),
    ),
    "lead_conversion": Counting(
        of_all("count(*) FILTER (converted)", "count(*)", "ripe"),
        together(
            named("unqualified", "count(*) FILTER (NOT qualified)", "prospect"),
            named("immature", "count(*) FILTER (qualified AND NOT mature)", "prospect"),
            "SELECT slot, 'leads:' || channel, count(*) FROM ripe GROUP BY slot, channel",
            "SELECT slot, 'converted:' || channel, count(*) FILTER (converted) FROM ripe GROUP BY slot, channel",
        ),
    ),
    "profit_per_customer": Counting(
        by_status("FROM profit SEMI JOIN covered_slot USING (slot)", "sum(net - cost)", "count(DISTINCT who)"),
        together(
            named("net_minor", "sum(net)", "profit"),
            named("uncovered_minor", "sum(net - covered)", "profit"),
        ),
    ),
    "product_return_rate": Counting(by_status("FROM returned", "sum(returned)", "sum(sold)"), _LINES),
    "prr_flow": Counting(
        by_status(
            f"SELECT slot, member, units, 0 AS sold FROM came_back {PLACED}"  # noqa: S608 - our own words
            " UNION ALL SELECT slot, member, 0, sold FROM returned",
            "sum(units)",
            "sum(sold)",
        ),
        _LINES,
    ),
}
