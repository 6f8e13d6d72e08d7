"""Estimates of the programme's effect.

Revision: 0020, after 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"


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
        "impact_estimate",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("estimate_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name=op.f("impact_estimate_done_has_a_result")),
        sa.CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name=op.f("impact_estimate_failed_says_why")),
        sa.CheckConstraint(
            "(state IN ('queued', 'running')) = (ended_at IS NULL)", name=op.f("impact_estimate_ended_has_a_time")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("impact_estimate_state_is_known"),
        ),
        sa.CheckConstraint("done >= 0 AND total >= 0", name=op.f("impact_estimate_progress_not_negative")),
        sa.CheckConstraint("length(error) <= 500", name=op.f("impact_estimate_error_is_short")),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("impact_estimate_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", "estimate_id", name=op.f("impact_estimate_pk")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "impact_estimate_to_do_ix",
        "impact_estimate",
        ["program_id", "asked_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "impact_cuts",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("cuts", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cardinality(cuts) = 6", name=op.f("impact_cuts_seven_classes")),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("impact_cuts_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", name=op.f("impact_cuts_pk")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON impact_estimate TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON impact_cuts TO {APP_ROLE}")
    for table in ("impact_estimate", "impact_cuts"):
        _tell_the_planner(table)


def downgrade() -> None:
    for table in ("impact_cuts", "impact_estimate"):
        op.drop_table(table)
