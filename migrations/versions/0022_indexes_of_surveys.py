"""Indexes for what is counted of many invitations and answers.

Revision: 0022, after 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Of one survey or of all: who was planned in a period.
    op.drop_index("survey_invitation_planned_ix", "survey_invitation")
    op.create_index("survey_invitation_planned_at_ix", "survey_invitation", ["program_id", "planned_at"])
    op.create_index(
        "survey_invitation_sent_ix",
        "survey_invitation",
        ["program_id", "sent_at"],
        postgresql_include=["survey_id", "invitation_id", "member"],
        postgresql_where=sa.text("sent_at IS NOT NULL"),
    )
    op.create_index(
        "survey_invitation_held_out_ix",
        "survey_invitation",
        ["program_id", "due_at"],
        postgresql_where=sa.text("reason = 'held_out'"),
    )
    op.create_index(
        "survey_response_publish_ix",
        "survey_response",
        ["program_id", "publish_at", "invitation_id"],
        postgresql_where=sa.text("publish_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("survey_response_publish_ix", "survey_response")
    op.drop_index("survey_invitation_held_out_ix", "survey_invitation")
    op.drop_index("survey_invitation_sent_ix", "survey_invitation")
    op.drop_index("survey_invitation_planned_at_ix", "survey_invitation")
    op.create_index("survey_invitation_planned_ix", "survey_invitation", ["program_id", "survey_id", "planned_at"])
