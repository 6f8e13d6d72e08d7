"""The recount of what customers say: from the log of answers where there is one, so it looks at no stored state."""

from kpi.audit.counting import Counting, by_status, named, together

# `whose`: who somebody is by now or, of the forgotten, the id that all of their answers were given.
VIEWS = """
CREATE VIEW answer_change AS
  SELECT * FROM 'answer_changes.parquet' WHERE recorded_at <= getvariable('known_at');
CREATE TABLE answer AS
  WITH scored AS (
    SELECT invitation_id, arg_max(score, (recorded_at, change_id)) AS score FROM answer_change
    WHERE kind IN ('scored', 'rescored') GROUP BY invitation_id
  ), struck AS (
    SELECT invitation_id, arg_max(kind, (recorded_at, change_id)) = 'excluded' AS struck FROM answer_change
    WHERE kind IN ('excluded', 'included') GROUP BY invitation_id
  )
  SELECT a.first_scored_at, a.invitation_id, a.member, coalesce(s.score, a.score) AS score,
    a.rewarded OR coalesce(x.struck, false) AS left_out,
    coalesce('person ' || p.who, 'nobody ' || hex(i.respondent_id)) AS whose
  FROM 'answers.parquet' a JOIN 'invitations.parquet' i USING (invitation_id)
  LEFT JOIN person p USING (customer_id) LEFT JOIN scored s USING (invitation_id)
  LEFT JOIN struck x USING (invitation_id) WHERE a.first_scored_at <= getvariable('known_at');
CREATE VIEW spoken AS
  SELECT slot, answer.* FROM answer JOIN slot ON first_scored_at >= start_at AND first_scored_at < end_at;
CREATE VIEW opinion AS
  SELECT slot, member, CASE WHEN score >= 9 THEN 1 WHEN score >= 7 THEN 0 ELSE -1 END AS worth FROM spoken
  WHERE NOT left_out
  QUALIFY row_number() OVER (PARTITION BY slot, whose ORDER BY first_scored_at DESC, invitation_id DESC) = 1;
CREATE VIEW invited_to_answer AS
  SELECT slot, i.member, a.invitation_id IS NOT NULL AS answered FROM 'invitations.parquet' i
  JOIN slot ON sent_at >= start_at AND sent_at < end_at LEFT JOIN answer a USING (invitation_id)
  WHERE sent_at <= getvariable('known_at');
"""

_SIDES = (("", "true"), ("member_", "member"), ("non_member_", "NOT member"))
COUNTINGS = {
    "nps": Counting(
        by_status("SELECT slot, member, worth FROM opinion", "sum(worth)", "count(*)"),
        together(
            *(
                named(f"{side}{name}", f"count(*) FILTER ({which} AND worth = {worth})", "opinion")
                for side, which in _SIDES
                for name, worth in (("promoters", 1), ("passives", 0), ("detractors", -1))
            ),
            named("answers_left_out", "count(*) FILTER (left_out)", "spoken"),
            *(
                named(f"{side}surveys_{what}", f"count(*) FILTER ({which}{also})", "invited_to_answer")
                for side, which in _SIDES
                for what, also in (("sent", ""), ("answered", " AND answered"))
            ),
        ),
    ),
}
