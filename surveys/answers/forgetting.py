"""A person's rights over surveys: what was said goes, what it counted for stays."""

from loyalty.customers.persons import Person, exporter, forgetter
from loyalty.ids import new_id
from loyalty.statements import Part
from surveys.answers.tables import FORGOTTEN, SIMULATED

# One id of nobody for all of a person's answers: of two within 90 days the later one counts, before and after.
# One that was sent while the erasure waited for it is left, so that the guard below has the erasure begin anew: it does
# not see the letter, and its clock.
_NOBODY = """
UPDATE survey_invitation i SET customer_id = NULL, respondent_id = {0}, snapshot = NULL, purchase_id = NULL,
  occasion = 'forgotten/' || i.invitation_id, token_sha256 = NULL, remind_at = NULL, mail_id = NULL,
  email_sha256 = NULL,
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
# An answer that staff left out stays left out; why they did may name somebody.
_NO_WORDS = f"""
UPDATE survey_response SET comment = NULL, publish_at = NULL,
  excluded_because = CASE WHEN excluded_because <> '{SIMULATED}' THEN '{FORGOTTEN}' ELSE excluded_because END
WHERE {_OF_THEIRS}
"""  # noqa: S608 - our own
_NO_NOTES = f"UPDATE survey_case SET note = NULL WHERE {_OF_THEIRS}"  # noqa: S608 - our own
_NO_CLOCK = "DELETE FROM survey_clock WHERE program_id = $1 AND customer_id = ANY({0}::uuid[])"
_NO_SUPPRESSION = "DELETE FROM survey_suppression WHERE program_id = $1 AND customer_id = ANY({0}::uuid[])"
_NO_BOUNCE = """
DELETE FROM survey_bounce WHERE program_id = $1 AND email_sha256 IN (
  SELECT i.email_sha256 FROM survey_invitation i WHERE i.program_id = $1 AND i.customer_id = ANY({0}::uuid[])
  UNION SELECT sha256(convert_to(lower(c.email), 'UTF8')) FROM customer c
    WHERE c.program_id = $1 AND c.customer_id = ANY({0}::uuid[]))
"""


@forgetter
def _forget(person: Person) -> list[Part]:
    """Take all words, what was frozen, the link and whose it was; planned invitations are sent no more."""
    ids = [person.customer_ids]
    return [
        Part("unasked", _NOBODY, [new_id(), person.customer_ids]),
        Part("unasked_as_seen", _AS_SEEN, ids, guards=1),
        Part("no_comment", _NO_WORDS, ids),
        Part("no_case_note", _NO_NOTES, ids),
        Part("no_survey_clock", _NO_CLOCK, ids),
        Part("no_suppression", _NO_SUPPRESSION, ids),
        Part("no_bounce", _NO_BOUNCE, ids),
    ]


exporter(
    "surveys",
    """
SELECT json_agg(json_build_object('survey', e.content ->> 'name', 'simulated', v.simulated, 'channel', i.channel,
  'purchase_id', i.purchase_id, 'invited_at', i.planned_at, 'due_at', i.due_at, 'known_then', i.snapshot,
  'invited_as_member', i.member, 'skipped_because', i.reason, 'sent_at', i.sent_at, 'ends_at', i.ends_at,
  'reminded_at', i.reminded_at, 'bounced_at', i.bounced_at, 'score', r.score, 'scored_at', r.first_scored_at,
  'score_changed_at', nullif(r.score_at, r.first_scored_at), 'answered_as_member', r.member, 'language', r.language,
  'comment', r.comment, 'commented_at', r.commented_at, 'may_be_published', r.publish_at IS NOT NULL,
  'rewarded', r.rewarded, 'left_out_because', r.excluded_because,
  'changes', (SELECT json_agg(json_build_object('what', c.kind, 'score', c.score, 'at', c.recorded_at)
    ORDER BY c.recorded_at, c.change_id) FROM survey_change c
    WHERE c.program_id = $1 AND c.invitation_id = i.invitation_id),
  'cases', (SELECT json_agg(json_build_object('opened_at', c.opened_at, 'due_on', c.due_on, 'note', c.note,
    'outcome', c.outcome, 'closed_at', c.closed_at) ORDER BY c.opened_at, c.case_id) FROM survey_case c
    WHERE c.program_id = $1 AND c.invitation_id = i.invitation_id)) ORDER BY i.planned_at, i.invitation_id)
FROM survey_invitation i JOIN survey v ON v.program_id = $1 AND v.survey_id = i.survey_id
JOIN survey_edition e ON e.program_id = $1 AND e.survey_id = i.survey_id AND e.edition = i.edition
LEFT JOIN survey_response r ON r.program_id = $1 AND r.invitation_id = i.invitation_id
WHERE i.program_id = $1 AND i.customer_id = ANY($2::uuid[])
""",
)
exporter(
    "survey_contact",
    """
SELECT json_build_object(
  'last_asked_at', (SELECT max(c.sent_at) FROM survey_clock c
    WHERE c.program_id = $1 AND c.customer_id = ANY($2::uuid[])),
  'unsubscribed_at', (SELECT min(x.recorded_at) FROM survey_suppression x
    WHERE x.program_id = $1 AND x.customer_id = ANY($2::uuid[]) AND x.why = 'unsubscribed'),
  'address_bounced_at', (SELECT min(b.recorded_at) FROM survey_bounce b JOIN customer c ON c.program_id = $1
    AND c.customer_id = ANY($2::uuid[]) AND b.email_sha256 = sha256(convert_to(lower(c.email), 'UTF8'))
    WHERE b.program_id = $1))
""",
)
