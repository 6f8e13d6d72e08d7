"""How a person is forgotten here: links go, so nobody comes in any more; and what is exported of them."""

from loyalty.customers.persons import Person, exporter, forgetter
from loyalty.mail.queries import forget as forget_mail
from loyalty.statements import Part

_LINKS = "DELETE FROM page_link WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]) RETURNING 1"
_REQUESTS = "DELETE FROM erasure_request WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]) RETURNING 1"


@forgetter
def _forget_links(person: Person) -> list[Part]:
    return [
        Part("forgotten_page_link", _LINKS, [person.customer_ids]),
        Part("forgotten_erasure_request", _REQUESTS, [person.customer_ids]),
        forget_mail(person.customer_ids),
    ]


exporter(
    "page_links",
    "SELECT json_agg(json_build_object('made_at', made_at, 'expires_at', expires_at) ORDER BY made_at)"
    " FROM page_link WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
exporter(
    "mails",
    "SELECT json_agg(json_build_object('kind', kind, 'state', state, 'recorded_at', recorded_at, 'ended_at', ended_at)"
    " ORDER BY recorded_at) FROM mail WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
