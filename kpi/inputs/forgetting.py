"""A person's rights over what is entered: leads name people."""

from loyalty.customers.persons import Person, exporter, forgetter
from loyalty.statements import Part

# What the shop knew goes, in every version; which customer it was stays, so that past figures do.
_FORGET = """
UPDATE kpi_lead l SET customer_id = {0}, external_id = NULL, email = NULL
WHERE l.program_id = $1 AND ((l.namespace, l.external_id) IN (SELECT * FROM unnest({1}::text[], {2}::text[]))
  OR lower(l.email) IN (SELECT lower(c.email) FROM customer c
    WHERE c.program_id = $1 AND c.customer_id = ANY({3}::uuid[]) AND c.email IS NOT NULL))
RETURNING 1
"""


@forgetter
def _forget_leads(person: Person) -> list[Part]:
    """Put the customer in the place of what the shop knew of a lead."""
    namespaces, ids = [list(part) for part in zip(*person.aliases, strict=True)] if person.aliases else ([], [])
    return [Part("forgotten_lead", _FORGET, [person.customer_ids[0], namespaces, ids, person.customer_ids])]


exporter(
    "leads",
    "SELECT json_agg(json_build_object('lead_id', l.lead_id, 'created_at', l.created_at, 'channel', l.channel,"
    " 'email', l.email, 'customer_id', l.external_id) ORDER BY l.created_at)"
    " FROM (SELECT DISTINCT ON (lead_id) * FROM kpi_lead WHERE program_id = $1 ORDER BY lead_id, version DESC) l"
    " WHERE NOT l.withdrawn AND (EXISTS (SELECT FROM customer_alias a WHERE a.program_id = $1"
    " AND a.customer_id = ANY($2::uuid[]) AND a.namespace = l.namespace AND a.external_id = l.external_id)"
    " OR EXISTS (SELECT FROM customer c WHERE c.program_id = $1 AND c.customer_id = ANY($2::uuid[])"
    " AND lower(c.email) = lower(l.email)))",
)
