"""Answers: what was said, by whom, and what was known when they were asked."""

from collections.abc import Sequence
from typing import ClassVar

from asyncpg import Record

from loyalty.exports.kind import CUSTOMER, IN_SEGMENT, KINDS, SURVIVORS, WITHIN, told
from loyalty.programs.facts import ProgramFacts
from loyalty.spreadsheets import Cell
from loyalty.web.bounds import decimal_text
from surveys.plans.classes import class_of

_WHO = "i.customer_id"


@KINDS.register("survey_answers")
class SurveyAnswers:
    """One row an answer. Of those who were erased score and date stay, and nothing that leads to them."""

    summary: ClassVar[str] = "Answers to surveys, with what was known at the asking; days are those of the score."
    columns: ClassVar[tuple[str, ...]] = (
        "survey", "edition", "customer_id", "order_id", "asked_at", "scored_at", "score", "class", "comment",
        "may_be_published", "language", "member", "tier", "orders", "spend", "rewarded", "excluded_because",
    )  # fmt: skip
    of_storefront: ClassVar[bool] = False
    scope: ClassVar[str] = "surveys:read"
    sql: ClassVar[str] = f"""
{SURVIVORS}
SELECT e.content ->> 'name' AS survey, i.edition, {CUSTOMER.format(_WHO)} AS customer, p.order_id, i.sent_at,
  r.first_scored_at, r.score, r.comment, r.publish_at, r.language, r.member, i.snapshot ->> 'tier' AS tier,
  (i.snapshot ->> 'orders')::bigint AS orders, (i.snapshot ->> 'spend_minor')::bigint AS spend_minor, r.rewarded,
  r.excluded_because
FROM survey_response r JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = r.invitation_id
  JOIN survey v ON v.program_id = $1 AND v.survey_id = i.survey_id AND NOT v.simulated
  JOIN survey_edition e ON e.program_id = $1 AND e.survey_id = i.survey_id AND e.edition = i.edition
  LEFT JOIN survivor s ON s.customer_id = i.customer_id
  LEFT JOIN purchase p ON p.program_id = $1 AND p.purchase_id = i.purchase_id
WHERE r.program_id = $1 AND $3::int IS NULL AND {WITHIN.format("r.first_scored_at")} AND {IN_SEGMENT.format(_WHO)}
ORDER BY r.first_scored_at, r.invitation_id
"""  # noqa: S608 - our own parts

    @staticmethod
    def cells(row: Record, program: ProgramFacts) -> Sequence[Cell]:
        """Write an answer."""
        spend = row["spend_minor"]
        return [
            row["survey"],
            row["edition"],
            row["customer"],
            row["order_id"],
            told(row["sent_at"]),
            told(row["first_scored_at"]),
            row["score"],
            class_of(row["score"]),
            row["comment"],
            _flag(row["publish_at"] is not None),
            row["language"],
            _flag(row["member"]),
            row["tier"],
            row["orders"],
            None if spend is None else decimal_text(spend, program.digits),
            _flag(row["rewarded"]),
            row["excluded_because"],
        ]


def _flag(value: bool) -> str:  # noqa: FBT001 - a cell
    return "true" if value else "false"
