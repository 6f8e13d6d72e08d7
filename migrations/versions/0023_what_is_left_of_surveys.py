"""Surveys: addresses that bounced, whoever has them, and what is left of the forgotten.

Revision: 0023, after 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
TABLES = ("survey_bounce", "survey_aftermath")


def _tell_the_planner(table: str) -> None:
    """Say that `program_id` alone finds nothing; 0001 tells why."""
    op.execute(
        f"""DO $$ BEGIN
          IF current_setting('server_version_num')::int >= 180000 THEN
            PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', '{table}', 'attname', 'program_id',
              'inherited', false, 'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real);
          END IF;
        END $$"""
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "survey_bounce",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("email_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("survey_bounce_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", "email_sha256", name=op.f("survey_bounce_pk")),
    )
    op.create_table(
        "survey_aftermath",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=True),
        sa.Column("bought_days", sa.Integer(), nullable=True),
        sa.Column("invited", sa.Integer(), nullable=True),
        sa.Column("brought", sa.Integer(), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("returned IN (30, 60, 90)", name=op.f("survey_aftermath_returned_is_coarse")),
        sa.CheckConstraint("invited IN (30, 60, 90)", name=op.f("survey_aftermath_invited_is_coarse")),
        sa.CheckConstraint("brought IN (30, 60, 90)", name=op.f("survey_aftermath_brought_is_coarse")),
        sa.ForeignKeyConstraint(
            ["program_id", "invitation_id"],
            ["survey_invitation.program_id", "survey_invitation.invitation_id"],
            name="survey_aftermath_of_fk",
        ),
        sa.PrimaryKeyConstraint("program_id", "invitation_id", name=op.f("survey_aftermath_pk")),
    )
    op.add_column("survey_invitation", sa.Column("email_sha256", sa.LargeBinary(), nullable=True))
    op.create_index(
        "survey_invitation_email_ix",
        "survey_invitation",
        ["program_id", "email_sha256"],
        postgresql_where=sa.text("email_sha256 IS NOT NULL"),
    )
    # Letters that are still on their way; of others it is not known any more where they went.
    op.execute(
        "UPDATE survey_invitation i SET email_sha256 = sha256(convert_to(lower(m.letter::jsonb ->> 'to'), 'UTF8'))"
        " FROM mail m WHERE m.program_id = i.program_id AND m.mail_id = i.mail_id AND m.letter IS NOT NULL"
    )
    op.execute(
        "INSERT INTO survey_bounce (program_id, email_sha256, recorded_at)"
        " SELECT program_id, email_sha256, min(recorded_at) FROM survey_suppression WHERE why = 'bounced' GROUP BY 1, 2"
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE ON survey_bounce TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON survey_aftermath TO {APP_ROLE}")
    for table in TABLES:
        _tell_the_planner(table)


def downgrade() -> None:
    op.drop_index("survey_invitation_email_ix", "survey_invitation")
    op.drop_column("survey_invitation", "email_sha256")
    for table in reversed(TABLES):
        op.drop_table(table)
