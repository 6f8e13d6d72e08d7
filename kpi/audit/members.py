"""The recounts of members: who joined, left, spent, and what they did first."""

from kpi.audit.counting import Counting, named, of_all

# `due`: for each instant of joining, the one 30 local days later. `stay` is up to infinity where nobody left.
VIEWS = """
CREATE VIEW first_days AS
  SELECT slot, j.who, due_at <= as_of AS mature,
    EXISTS (SELECT 1 FROM qualifying q WHERE q.who = j.who AND q.placed_at >= j.joined_at AND q.placed_at <= due_at)
      AS bought
  FROM joiner j JOIN due USING (joined_at) JOIN slot USING (slot);
CREATE VIEW gone AS SELECT DISTINCT slot, who FROM slot JOIN stay ON left_at >= start_at AND left_at < end_at;
CREATE VIEW member_money AS SELECT slot, sum(net) AS net FROM bought WHERE member GROUP BY slot;
CREATE VIEW non_member_buyer AS SELECT slot, who FROM buyer WHERE segment = 'non_member';
CREATE VIEW member_buyer AS SELECT slot, who FROM buyer WHERE segment = 'member';
"""
_MATURE = "count(*) FILTER (mature)"
COUNTINGS = {
    "member_leave_rate": Counting(
        of_all("count(g.who)", "count(*)", "member_at_start LEFT JOIN gone g USING (slot, who)")
    ),
    "spend_per_member": Counting(
        of_all("coalesce(any_value(net), 0)", "count(*)", "member_at_end LEFT JOIN member_money USING (slot)")
    ),
    "enrolment_rate": Counting(
        of_all("count(j.who)", "count(*)", "non_member_buyer LEFT JOIN joiner j USING (slot, who)")
    ),
    "first_30d_conversion": Counting(
        of_all("count(*) FILTER (mature AND bought)", _MATURE, "first_days"),
        named("immature", "count(*) FILTER (NOT mature)", "first_days"),
    ),
}
