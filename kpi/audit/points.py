"""The recounts of points, from the movements of the ledger: by their own instants, as far as they were known."""

from kpi.audit.counting import Counting, named, of_all, together

# A movement takes from the debit code and gives to the credit code; stocks are all that moved before the end. The cost
# of a point in force on the last day counts, in millionths like the share never redeemed: they have six decimals.
# `redemption` asks who joined for the first time whether they redeemed before they left, as far as was known.
VIEWS = """
CREATE TABLE moved AS
  SELECT who, kind, debit_code, credit_code, amount, effective_at
  FROM 'entries.parquet' LEFT JOIN person USING (customer_id) WHERE recorded_at <= getvariable('known_at');
CREATE VIEW movement AS SELECT * FROM moved JOIN slot ON effective_at >= start_at AND effective_at < end_at;
CREATE VIEW stock AS
  SELECT slot, sum(CASE WHEN credit_code IN ('available', 'pending', 'held') THEN amount ELSE 0 END)
      - sum(CASE WHEN debit_code IN ('available', 'pending', 'held') THEN amount ELSE 0 END) AS points,
    sum(CASE WHEN debit_code = 'debt' THEN amount ELSE 0 END)
      - sum(CASE WHEN credit_code = 'debt' THEN amount ELSE 0 END) AS debt
  FROM moved JOIN slot ON effective_at < end_at GROUP BY slot;
CREATE VIEW worth AS
  WITH newest AS (
    SELECT * FROM 'point_costs.parquet' WHERE recorded_at <= getvariable('known_at')
    QUALIFY row_number() OVER (PARTITION BY from_on ORDER BY version DESC) = 1)
  SELECT slot, arg_max(cost_micros, from_on)::HUGEINT AS cost,
    1000000 - arg_max(breakage_micros, from_on)::HUGEINT AS used
  FROM slot JOIN newest ON from_on < end_on WHERE NOT withdrawn GROUP BY slot;
CREATE VIEW redeemer AS SELECT DISTINCT slot, who FROM movement WHERE kind = 'capture';
CREATE VIEW redemption AS
  WITH arrival AS (
    SELECT who, joined_at, max(left_at) AS left_at FROM stay
    JOIN (SELECT who, min(joined_at) AS joined_at FROM stay GROUP BY who) USING (who, joined_at) GROUP BY ALL)
  SELECT slot, EXISTS (SELECT 1 FROM moved m WHERE m.who = f.who AND kind = 'capture'
      AND effective_at >= f.joined_at AND effective_at <= least(f.left_at, as_of)) AS redeemed
  FROM arrival f JOIN slot ON f.joined_at >= start_at AND f.joined_at < end_at WHERE f.joined_at < as_of;
"""


def _moved(which: str) -> str:
    return of_all("sum(amount)", "NULL", f"(FROM movement WHERE {which})")


def _beside(name: str, which: str) -> str:
    return named(name, "sum(amount)", f"(FROM movement WHERE {which})")


COUNTINGS = {
    "points_issued": Counting(_moved("kind = 'issue'"), _beside("clawed_back", "credit_code = 'clawed_back'")),
    "points_redeemed": Counting(_moved("kind = 'capture'"), _beside("restored", "kind = 'reverse'")),
    "points_expired": Counting(_moved("credit_code = 'expired'"), _beside("forfeited", "kind = 'forfeit'")),
    "points_outstanding": Counting(of_all("sum(points)", "NULL", "stock"), named("debt", "sum(debt)", "stock")),
    # Rounded half up.
    "points_liability": Counting(
        of_all(
            "(2 * sum(coalesce(points, 0) * cost * used) + 1000000000000) // 2000000000000",
            "NULL",
            "worth LEFT JOIN stock USING (slot)",
        ),
        named("points", "sum(points)", "stock"),
    ),
    "points_redemption_rate": Counting(
        of_all(
            "sum(CASE WHEN kind = 'capture' THEN amount ELSE 0 END)",
            "sum(CASE WHEN kind = 'issue' THEN amount ELSE 0 END)",
            "movement",
        )
    ),
    "redeemer_share": Counting(
        of_all("count(r.who)", "count(*)", "member_buyer LEFT JOIN redeemer r USING (slot, who)")
    ),
    "time_to_first_redemption": Counting(
        of_all("count(*) FILTER (redeemed)", "count(*)", "redemption"),
        together(
            named("newcomers", "count(*)", "redemption"),
            named("redeemed", "count(*) FILTER (redeemed)", "redemption"),
            named("censored", "count(*) FILTER (NOT redeemed)", "redemption"),
        ),
    ),
}
