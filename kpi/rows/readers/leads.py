"""The part "leads": who was entered as a lead, and became a customer within 30 days.

A lead is a customer whom the shop calls by that id, or who has that e-mail address, as far as is known today: ids and
addresses have no history.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

from kpi.inputs.queries import LEADS
from kpi.parts.money import Channel, Leads
from kpi.periods import Days
from kpi.rows.known import QUALIFIES, statement
from kpi.rows.part import READERS, Asked, boundaries_of, cells_of

# $3: up to here things are known, so a lead is old enough if its 30 days are over by then. A boundary after
# everything lets purchases after the period's end be seen.
_LEADS = statement(
    f"""
WITH RECURSIVE {{people}}, {{sales}}, firsts AS (
  SELECT person, min(placed_at) AS first_at FROM sales WHERE person IS NOT NULL AND kept_minor > 0 GROUP BY person
), leads AS MATERIALIZED (
  SELECT * FROM {LEADS.known("{k}")} told WHERE NOT withdrawn
), links AS (
  SELECT l.lead_id, a.customer_id FROM leads l JOIN customer_alias a
    ON a.program_id = $1 AND a.namespace = l.namespace AND a.external_id = l.external_id
  UNION
  SELECT l.lead_id, c.customer_id FROM leads l JOIN customer c
    ON c.program_id = $1 AND lower(c.email) = lower(l.email)
  UNION
  SELECT lead_id, customer_id FROM leads WHERE customer_id IS NOT NULL
), became AS (
  SELECT i.lead_id, min(f.first_at) AS first_at FROM links i LEFT JOIN survivors s ON s.customer_id = i.customer_id
  JOIN firsts f ON f.person = coalesce(s.survivor, i.customer_id) GROUP BY i.lead_id
)
SELECT width_bucket(l.created_at, $2::timestamptz[]) AS cell, coalesce(l.channel, '') AS channel, l.qualified,
  l.created_at + interval '30 days' <= $3 AS mature, count(*) AS leads,
  count(*) FILTER (WHERE b.first_at >= l.created_at AND b.first_at <= l.created_at + interval '30 days') AS converted
FROM leads l LEFT JOIN became b ON b.lead_id = l.lead_id
GROUP BY 1, 2, 3, 4
""",  # noqa: S608 - constants
    k="$4",
)

# The same as known now: from the leads of these periods to the first purchases of those whom they may have become, one
# look into an index for each, instead of through all purchases there are.
_LEADS_NOW = statement(
    f"""
WITH RECURSIVE {{people}}, leads AS MATERIALIZED (
  SELECT * FROM {LEADS.known("{k}")} told
  WHERE NOT withdrawn AND created_at >= ($2::timestamptz[])[1]
    AND created_at < ($2::timestamptz[])[cardinality($2::timestamptz[]) - 1]
), links AS (
  SELECT l.lead_id, a.customer_id FROM leads l JOIN customer_alias a
    ON a.program_id = $1 AND a.namespace = l.namespace AND a.external_id = l.external_id
  UNION
  SELECT l.lead_id, c.customer_id FROM (
    SELECT lead_id, lower(email) AS email FROM leads WHERE email IS NOT NULL
  ) l JOIN customer c ON c.program_id = $1 AND lower(c.email) = l.email
  UNION
  SELECT lead_id, customer_id FROM leads WHERE customer_id IS NOT NULL
), persons AS MATERIALIZED (
  SELECT DISTINCT i.lead_id, coalesce(s.survivor, i.customer_id) AS person
  FROM links i LEFT JOIN survivors s ON s.customer_id = i.customer_id
), family AS MATERIALIZED (
  SELECT lead_id, person AS customer_id FROM persons
  UNION ALL
  SELECT p.lead_id, s.customer_id FROM persons p JOIN survivors s ON s.survivor = p.person
), became AS MATERIALIZED (
  SELECT f.lead_id, min(one.placed_at) AS first_at FROM family f CROSS JOIN LATERAL (
    SELECT p.placed_at FROM purchase p WHERE p.program_id = $1 AND p.customer_id = f.customer_id AND {QUALIFIES}
    ORDER BY p.placed_at LIMIT 1
  ) one GROUP BY f.lead_id
)
SELECT width_bucket(l.created_at, $2::timestamptz[]) AS cell, coalesce(l.channel, '') AS channel, l.qualified,
  l.created_at + interval '30 days' <= $3 AS mature, count(*) AS leads,
  count(*) FILTER (WHERE b.first_at >= l.created_at AND b.first_at <= l.created_at + interval '30 days') AS converted
FROM leads l LEFT JOIN became b ON b.lead_id = l.lead_id
GROUP BY 1, 2, 3, 4
""",  # noqa: S608 - constants
    k="$4",
).now
_ANY = "SELECT EXISTS (SELECT FROM kpi_lead WHERE program_id = $1)"


@READERS.register("leads")
async def read(asked: Asked) -> Mapping[Days, Leads]:
    """Read the leads that were created in each of the periods."""
    if not await asked.connection.fetchval(_ANY, asked.program.program_id):
        return dict.fromkeys(asked.wanted, Leads())  # and no purchase is looked at
    known, boundaries = asked.reading.known, boundaries_of(asked)
    after = max(boundaries[-1], known.as_of) + timedelta(microseconds=1)
    arguments = (asked.program.program_id, [*boundaries, after], known.as_of)
    if known.limit is None:
        rows = await asked.connection.fetch(_LEADS_NOW, *arguments)
    else:
        rows = await _LEADS.visit(asked.connection, known.limit, *arguments)
    found = {}
    for days in asked.wanted:
        cells = range(*cells_of(asked, boundaries, days))
        inside = [row for row in rows if row["cell"] in cells]
        channels: defaultdict[str, Channel] = defaultdict(Channel)
        for row in inside:
            if row["qualified"] and row["mature"]:
                so_far = channels[row["channel"]]
                channels[row["channel"]] = Channel(so_far.leads + row["leads"], so_far.converted + row["converted"])
        found[days] = Leads(
            dict(channels),
            immature=sum(row["leads"] for row in inside if row["qualified"] and not row["mature"]),
            unqualified=sum(row["leads"] for row in inside if not row["qualified"]),
        )
    return found
