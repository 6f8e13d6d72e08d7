"""A person's rights over surveys: what was said goes, what it counted for stays."""

from loyalty.customers.persons import Person, exporter, forgetter
from loyalty.ids import new_id
from loyalty.statements import Part

# One id of nobody for all of a person's answers: of two within 90 days the later one counts, before and after.
# One that was sent while the erasure waited for it is left, so that the guard below has the erasure begin anew: it does
# not see the letter, and its clock.
_NOBODY = """
UPDATE survey_invitation i SET customer_id = NULL, respondent_id = {0}, snapshot = NULL, purchase_id = NULL,
  occasion = 'forgotten/' || i.invitation_id, token_sha256 = NULL, remind_at = NULL, mail_id = NULL,
  reason = CASE WHEN i.state = 'planned' THEN 'erased' ELSE i.reason END,
  state = CASE WHEN i.state = 'planned' THEN 'skipped' ELSE i.state END
FROM (SELECT invitation_id, state, mail_id FROM survey_invitation
  WHERE program_id = $1 AND customer_id = ANY({1}::uuid[]) OFFSET 0) seen
WHERE i.program_id = $1 AND i.invitation_id = seen.invitation_id AND i.state = seen.state
  AND i.mail_id IS NOT DISTINCT FROM seen.mail_id
RETURNING 1
"""
_AS_SEEN = """
SELECT 1 WHERE (SELECT count(*) FROM unasked)
  = (SELECT count(*) FROM survey_invitation WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]))
"""
_OF_THEIRS = """program_id = $1 AND invitation_id IN (SELECT i.invitation_id FROM survey_invitation i
  WHERE i.program_id = $1 AND i.customer_id = ANY({0}::uuid[]))"""
_NO_WORDS = f"UPDATE survey_response SET comment = NULL, publish_at = NULL WHERE {_OF_THEIRS}"  # noqa: S608 - our own
_NO_NOTES = f"UPDATE survey_case SET note = NULL WHERE {_OF_THEIRS}"  # noqa: S608 - our own
_NO_CLOCK = "DELETE FROM survey_clock WHERE program_id = $1 AND customer_id = ANY({0}::uuid[])"
_NO_SUPPRESSION = "DELETE FROM survey_suppression WHERE program_id = $1 AND customer_id = ANY({0}::uuid[])"


@forgetter
def _forget(person: Person) -> list[Part]:
    """Take comment, what was frozen, the link and whose it was; planned invitations are sent no more."""
    ids = [person.customer_ids]
    return [
        Part("unasked", _NOBODY, [new_id(), person.customer_ids]),
        Part("unasked_as_seen", _AS_SEEN, ids, guards=1),
        Part("no_comment", _NO_WORDS, ids),
        Part("no_case_note", _NO_NOTES, ids),
        Part("no_survey_clock", _NO_CLOCK, ids),
        Part("no_suppression", _NO_SUPPRESSION, ids),
    ]


exporter(
    "surveys",
    "SELECT json_agg(json_build_object('survey', e.content ->> 'name', 'invited_at', i.planned_at,"
    " 'sent_at', i.sent_at, 'skipped_because', i.reason, 'score', r.score,"
    " 'scored_at', r.first_scored_at, 'comment', r.comment, 'may_be_published', r.publish_at IS NOT NULL)"
    " ORDER BY i.planned_at)"
    " FROM survey_invitation i JOIN survey_edition e ON e.program_id = $1 AND e.survey_id = i.survey_id"
    " AND e.edition = i.edition LEFT JOIN survey_response r ON r.program_id = $1"
    " AND r.invitation_id = i.invitation_id WHERE i.program_id = $1 AND i.customer_id = ANY($2::uuid[])",
)
