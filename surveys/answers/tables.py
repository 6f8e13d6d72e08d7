"""What customers answered, how they changed it, and the cases that detractors open."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from loyalty.database import Instant
from loyalty.points.tables import AWARD_KEY
from surveys.invitations.tables import INVITATION_KEY, listed

RESPONSE_KEY = ["survey_response.program_id", "survey_response.invitation_id"]
# Why an answer is in no score that nobody gave.
SIMULATED = "simulated"
# In the place of staff's reason once the person was forgotten.
FORGOTTEN = "forgotten"
CHANGES = ("scored", "rescored", "commented", "published", "unpublished", "excluded", "included")
OUTCOMES = ("solved", "gesture", "no_answer", "not_needed", "score_changed")


class SurveyResponse(SQLModel, table=True):
    """The answer to an invitation: at most one. `member`: at the first score. The comment goes with the person."""

    __tablename__ = "survey_response"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "invitation_id"], INVITATION_KEY, name="survey_response_to_fk"),
        CheckConstraint("score BETWEEN 0 AND 10", name="score_is_0_to_10"),
        CheckConstraint("score_at >= first_scored_at", name="changed_after_the_first"),
        CheckConstraint("publish_at IS NULL OR comment IS NOT NULL", name="only_comments_are_published"),
        ForeignKeyConstraint(["program_id", "award_id"], AWARD_KEY, name="survey_response_award_fk"),
        CheckConstraint("award_id IS NULL OR rewarded", name="points_are_flagged"),
        CheckConstraint("(excluded_because IS NULL) = (excluded_by IS NULL)", name="excluded_by_somebody"),
        Index("survey_response_scored_ix", "program_id", "first_scored_at"),
        Index(
            "survey_response_publish_ix",
            "program_id",
            "publish_at",
            "invitation_id",
            postgresql_where=text("publish_at IS NOT NULL"),
        ),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    program_id: int = Field(primary_key=True)
    invitation_id: UUID = Field(primary_key=True)
    score: int
    first_scored_at: datetime = Field(sa_type=Instant)
    score_at: datetime = Field(sa_type=Instant)
    member: bool
    language: str
    comment: str | None = None
    commented_at: datetime | None = Field(default=None, sa_type=Instant)
    # Since when the customer allows it to be published.
    publish_at: datetime | None = Field(default=None, sa_type=Instant)
    # Answers that were promised something, and those that staff took out, are in no score.
    rewarded: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    award_id: UUID | None = None
    excluded_because: str | None = None
    excluded_by: str | None = None


class SurveyChange(SQLModel, table=True):
    """A change of an answer, added and never changed. Of a comment it says that it changed, not what it said."""

    __tablename__ = "survey_change"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "invitation_id"], RESPONSE_KEY, name="survey_change_of_fk"),
        CheckConstraint(f"kind IN ({listed(CHANGES)})", name="kind_is_known"),
        CheckConstraint("(kind IN ('scored', 'rescored')) = (score IS NOT NULL)", name="scores_are_told"),
        Index("survey_change_of_ix", "program_id", "invitation_id"),
    )

    program_id: int = Field(primary_key=True)
    change_id: UUID = Field(primary_key=True)
    invitation_id: UUID
    kind: str
    score: int | None = None
    actor: str
    recorded_at: datetime = Field(sa_type=Instant)


class SurveyCase(SQLModel, table=True):
    """What is done about a detractor. `owner`: the user; a gesture in points is linked to its decision."""

    __tablename__ = "survey_case"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "invitation_id"], RESPONSE_KEY, name="survey_case_of_fk"),
        ForeignKeyConstraint(["program_id", "award_id"], AWARD_KEY, name="survey_case_award_fk"),
        CheckConstraint(f"outcome IN ({listed(OUTCOMES)})", name="outcome_is_known"),
        CheckConstraint("(outcome IS NULL) = (closed_at IS NULL)", name="closed_has_an_outcome"),
        CheckConstraint("award_id IS NULL OR outcome = 'gesture'", name="points_are_a_gesture"),
        Index(
            "survey_case_opened_once",
            "program_id",
            "invitation_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        # The queue: those due first, then what was closed last.
        Index(
            "survey_case_due_ix",
            "program_id",
            "due_on",
            "opened_at",
            "case_id",
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "survey_case_closed_ix",
            "program_id",
            "closed_at",
            "case_id",
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
        Index("survey_case_of_ix", "program_id", "invitation_id"),
    )

    program_id: int = Field(primary_key=True)
    case_id: UUID = Field(primary_key=True)
    invitation_id: UUID
    opened_at: datetime = Field(sa_type=Instant)
    due_on: date
    owner: str | None = None
    # Staff's own words; they go with the person.
    note: str | None = None
    outcome: str | None = None
    award_id: UUID | None = None
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = None
