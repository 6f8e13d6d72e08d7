"""The SQL of what articles cost, and the goods and services of purchases."""

from kpi.inputs.queries import UNIT_COSTS

_ARTICLES = """costs AS MATERIALIZED (
  SELECT sku, from_on, lead(from_on, 1, 'infinity') OVER (PARTITION BY sku ORDER BY from_on) AS until_on,
    unit_cost_minor
  FROM {unit_costs} told WHERE NOT withdrawn
)"""
_COSTED = """{articles}, lined AS (
  SELECT purchase_id, sum(amount) FILTER (WHERE cost IS NOT NULL) AS covered, sum(quantity * cost) AS cost
  FROM (
    SELECT s.purchase_id, (l ->> 'amount_minor')::bigint AS amount, (l ->> 'quantity')::bigint AS quantity,
      coalesce((l ->> 'unit_cost_minor')::bigint, c.unit_cost_minor) AS cost
    FROM sales s CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(s.lines) WHEN 'array' THEN s.lines END) l
    LEFT JOIN costs c ON c.sku = l ->> 'sku' AND (s.placed_at AT TIME ZONE {zone})::date >= c.from_on
      AND (s.placed_at AT TIME ZONE {zone})::date < c.until_on
    WHERE l ->> 'kind' IN ('goods', 'service') AND s.cell > 0 AND s.kept_minor > 0
  ) lines GROUP BY purchase_id
), margins AS (
  -- What is kept carries its part of the cost, and of what is covered.
  SELECT s.*, coalesce(round(l.cost * s.kept_minor / s.goods_minor), 0)::bigint AS cost,
    coalesce(round(s.net * l.covered / s.goods_minor), 0)::bigint AS covered
  FROM sales s LEFT JOIN lined l ON l.purchase_id = s.purchase_id WHERE s.kept_minor > 0
)"""


def articles(*, k: str) -> str:
    """Give `costs`: what an article costs, from which local day and until which, as known at `k`."""
    return _ARTICLES.format(unit_costs=UNIT_COSTS.known(k))


def costed(*, zone: str, k: str) -> str:
    """Give `margins`: the `sales` with what is kept of them, and what that cost; `covered` of its net has a cost.

    A line's own cost wins over the one entered for its article and local day of `zone`, as known at `k`.
    """
    return _COSTED.format(articles=articles(k=k), zone=zone)
