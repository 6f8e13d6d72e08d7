"""Surveys and what a programme holds to in them: policies, surveys, their editions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

STATES = ("draft", "open", "closed")


class SurveyPolicy(SQLModel, table=True):
    """One published version of a programme's policy; the newest is in force. `salt`, of the hold-out, never changes."""

    __tablename__ = "survey_policy"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("version >= 1", name="version_counts_from_one"),
    )

    program_id: int = Field(primary_key=True)
    version: int = Field(primary_key=True)
    policy: dict[str, Any] = Field(sa_type=JSONB)
    salt: str
    actor: str
    published_at: datetime = Field(sa_type=Instant)


class Survey(SQLModel, table=True):
    """A survey with its draft. `edition`: the newest that was published, 0 before; `version` rises with every write."""

    __tablename__ = "survey"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("state IN ('draft', 'open', 'closed')", name="state_is_known"),
        CheckConstraint("(state = 'draft') = (edition = 0)", name="open_ones_were_published"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
        CheckConstraint("edition >= 0 AND version >= 1", name="counts_upwards"),
        CheckConstraint("NOT simulated OR state = 'closed'", name="simulated_ones_ask_nobody"),
    )

    program_id: int = Field(primary_key=True)
    survey_id: UUID = Field(primary_key=True)
    state: str
    draft: dict[str, Any] = Field(sa_type=JSONB)
    edition: int
    version: int
    actor: str
    made_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    # Made up over a sample for those who look first: never among real answers.
    simulated: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})


class SurveyEdition(SQLModel, table=True):
    """A published edition: texts and plan as `surveys/plans/content.py` has them. Only added to."""

    __tablename__ = "survey_edition"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "survey_id"], ["survey.program_id", "survey.survey_id"], name="survey_edition_of_fk"
        ),
        CheckConstraint("edition >= 1", name="edition_counts_from_one"),
    )

    program_id: int = Field(primary_key=True)
    survey_id: UUID = Field(primary_key=True)
    edition: int = Field(primary_key=True)
    content: dict[str, Any] = Field(sa_type=JSONB)
    actor: str
    published_at: datetime = Field(sa_type=Instant)
