"""What staff page through has an index in its order, and what a job sweeps away is found by its time.

Revision: 0027, after 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index("sign_in_try_last_ix", "sign_in_try", ["last_at"], unique=False)
    op.create_index(
        "referral_state_ix", "referral", ["program_id", "state", "claimed_at", "referral_id"], unique=False
    )
    op.create_index(
        "purchase_awaited_ix",
        "purchase",
        ["program_id", "recorded_at", "purchase_id"],
        unique=False,
        postgresql_where=sa.text("state = 'awaited'"),
    )
    op.drop_index("survey_case_due_ix", table_name="survey_case")
    op.create_index(
        "survey_case_due_ix",
        "survey_case",
        ["program_id", "due_on", "opened_at", "case_id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "survey_case_closed_ix",
        "survey_case",
        ["program_id", "closed_at", "case_id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("survey_case_closed_ix", table_name="survey_case")
    op.drop_index("survey_case_due_ix", table_name="survey_case")
    op.create_index(
        "survey_case_due_ix",
        "survey_case",
        ["program_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_index("purchase_awaited_ix", table_name="purchase")
    op.drop_index("referral_state_ix", table_name="referral")
    op.drop_index("sign_in_try_last_ix", table_name="sign_in_try")
