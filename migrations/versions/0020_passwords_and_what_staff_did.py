"""Passwords and codes beside links, sessions that can be named, and what staff did.

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in (
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_offered", sa.Text(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("user", column)
    # A few sessions at most: rewriting them takes no time.
    op.add_column(
        "session", sa.Column("session_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
    )
    op.add_column("session", sa.Column("agent", sa.Text(), nullable=True))
    op.create_unique_constraint("session_is_named_once", "session", ["session_id"])
    op.create_table(
        "sign_in_try",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("sign_in_try_pk")),
    )
    op.create_table(
        "staff_action",
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("program_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("staff_action_program_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["user.user_id"], name=op.f("staff_action_user_id_fk")),
        sa.PrimaryKeyConstraint("action_id", name=op.f("staff_action_pk")),
    )
    op.create_index("staff_action_at_ix", "staff_action", ["at", "action_id"], unique=False)
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_try TO {APP_ROLE}")
    # What somebody did stays as it was written; only what came of it is added.
    op.execute(f"GRANT SELECT, INSERT, UPDATE (status) ON staff_action TO {APP_ROLE}")


def downgrade() -> None:
    for table in ("staff_action", "sign_in_try"):
        op.drop_table(table)
    op.drop_constraint("session_is_named_once", "session")
    for table, columns in (
        ("session", ("session_id", "agent")),
        ("user", ("password", "totp_secret", "totp_offered", "totp_step", "ended_at")),
    ):
        for column in columns:
            op.drop_column(table, column)
