"""The recounts of referrals: who invited, who came by it, and what they bought."""

from kpi.audit.counting import PLACED, Counting, named, of_all, together

# What a refusal does not take away: that somebody was brought.
_STANDING = "reason IS NULL OR reason IN ('below_minimum', 'over_cap')"

# `height`: shares less claims so far. A claim that takes it lower than ever, below 0, answers no share; the others
# answer the shares in their order. 30 and 90 days are so many times 24 hours.
VIEWS = f"""
CREATE TABLE claim AS
  SELECT referral_id, f.who AS friend, b.who AS referrer, claimed_at,
    CASE WHEN state = 'refused' AND coalesce(ended_at, recorded_at) <= getvariable('known_at') THEN reason END AS reason
  FROM 'referrals.parquet' JOIN person f ON f.customer_id = friend_id
  LEFT JOIN person b ON b.customer_id = referrer_id WHERE recorded_at <= getvariable('known_at');
CREATE VIEW standing AS SELECT * FROM claim WHERE referrer <> friend AND ({_STANDING});
CREATE TABLE invitation AS
  WITH step AS (
    SELECT who AS inviter, shared_at AS made_at, 1 AS up, NULL AS referral_id FROM 'shares.parquet'
    JOIN person USING (customer_id) WHERE recorded_at <= getvariable('known_at')
    UNION ALL
    SELECT referrer, claimed_at, -1 AS up, referral_id FROM claim WHERE referrer IS NOT NULL
  ), stair AS (
    SELECT *, row_number() OVER way AS n, sum(up) OVER way AS height FROM step
    WINDOW way AS (PARTITION BY inviter ORDER BY made_at, up DESC, referral_id ROWS UNBOUNDED PRECEDING)
  ), told AS (
    SELECT *, up = -1 AND height < least(0, coalesce(min(height) OVER (
      PARTITION BY inviter ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)) AS alone FROM stair
  ), placed AS (
    SELECT *, row_number() OVER (PARTITION BY inviter, up ORDER BY n) AS place FROM told WHERE NOT alone
  )
  SELECT s.inviter, s.made_at AS placed_at, c.referral_id FROM placed s
  LEFT JOIN placed c ON c.up = -1 AND c.inviter = s.inviter AND c.place = s.place WHERE s.up = 1
  UNION ALL
  SELECT inviter, made_at, referral_id FROM told WHERE alone;
CREATE VIEW invited AS
  SELECT slot, inviter AS who, referral_id, coalesce(claimed_at, placed_at) + INTERVAL 720 HOUR <= as_of AS old
  FROM invitation LEFT JOIN claim USING (referral_id) {PLACED};
CREATE VIEW inviter AS SELECT DISTINCT slot, who FROM invited;
CREATE VIEW brought AS
  SELECT DISTINCT friend AS who, first_at FROM standing JOIN debut ON who = friend WHERE claimed_at <= first_at;
CREATE VIEW won AS
  SELECT referral_id FROM standing JOIN debut ON who = friend
  WHERE first_at >= claimed_at AND first_at <= claimed_at + INTERVAL 720 HOUR;
CREATE VIEW came AS
  SELECT slot, who, b.first_at + INTERVAL 2160 HOUR <= as_of AS watched,
    coalesce(q.placed_at <= b.first_at + INTERVAL 2160 HOUR, false) AS again
  FROM brought b LEFT JOIN (FROM qualifying WHERE rank = 2) q USING (who)
  JOIN slot ON b.first_at >= start_at AND b.first_at < end_at;
CREATE VIEW friends_sale AS
  SELECT slot, net FROM qualifying
  JOIN (SELECT friend AS who, min(claimed_at) AS claimed_at FROM standing GROUP BY friend) USING (who)
  {PLACED} WHERE placed_at >= claimed_at;
CREATE VIEW claimed AS SELECT slot, reason FROM claim JOIN slot ON claimed_at >= start_at AND claimed_at < end_at;
CREATE VIEW member_ever AS SELECT slot, who FROM member_at_start UNION SELECT slot, who FROM joiner;
"""  # noqa: S608 - our own words
COUNTINGS = {
    "referral_participation": Counting(
        of_all("count(i.who)", "count(*)", "member_ever LEFT JOIN inviter i USING (slot, who)")
    ),
    "referral_conversion": Counting(
        of_all("count(w.referral_id)", "count(*)", "(FROM invited WHERE old) LEFT JOIN won w USING (referral_id)"),
        together(
            named("signed_up", "count(referral_id)", "(FROM invited WHERE old)"),
            named("immature", "count(*)", "(FROM invited WHERE NOT old)"),
        ),
    ),
    "referred_share": Counting(
        "SELECT slot, segment, count(b.who) AS num, count(*) AS den FROM buyer JOIN newcomer USING (slot, who)"
        " LEFT JOIN brought b USING (who) GROUP BY slot, segment"
    ),
    "referred_revenue": Counting(
        of_all("sum(net)", "NULL", "friends_sale"), named("referred_purchases", "count(*)", "friends_sale")
    ),
    "referred_second_purchase": Counting(
        of_all("count(*) FILTER (again)", "count(*)", "(FROM came WHERE watched)"),
        named("immature", "count(*)", "(FROM came WHERE NOT watched)"),
    ),
    "referral_refused_share": Counting(
        of_all("count(reason)", "count(*)", "claimed"),
        "SELECT slot, 'refused:' || reason, count(*) FROM claimed WHERE reason IS NOT NULL GROUP BY slot, reason",
    ),
}
