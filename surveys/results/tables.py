"""What is left of the forgotten, so that no figure of what came afterwards moves."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from surveys.invitations.tables import INVITATION_KEY


def _within(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN (30, 60, 90)", name=f"{column}_is_coarse")


class SurveyAftermath(SQLModel, table=True):
    """What came after an asking whose customer was forgotten: as coarse as the figures, so it leads to no purchase.

    `returned`, `invited`, `brought`: within how many days at the latest, 30, 60 or 90; null: not. `bought_days`: how
    many whole days after the answer the last purchase was, rounded up; null: it was 90 days ago already. `after`: what
    had happened shortly before the answer.
    """

    __tablename__ = "survey_aftermath"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "invitation_id"], INVITATION_KEY, name="survey_aftermath_of_fk"),
        _within("returned"),
        _within("invited"),
        _within("brought"),
    )

    program_id: int = Field(primary_key=True)
    invitation_id: UUID = Field(primary_key=True)
    returned: int | None = None
    bought_days: int | None = None
    invited: int | None = None
    brought: int | None = None
    after: list[Any] = Field(sa_type=JSONB)
