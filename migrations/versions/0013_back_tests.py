"""Back-tests of earning rules on past purchases.

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
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
        "backtest",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("backtest_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=True),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("point_cost_minor", sa.Numeric(), nullable=True),
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
        sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name=op.f("backtest_done_has_a_result")),
        sa.CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name=op.f("backtest_failed_says_why")),
        sa.CheckConstraint(
            "(state IN ('queued', 'running')) = (ended_at IS NULL)", name=op.f("backtest_ended_has_a_time")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("backtest_state_is_known")
        ),
        sa.CheckConstraint("done >= 0 AND total >= 0", name=op.f("backtest_progress_not_negative")),
        sa.CheckConstraint("from_on <= to_on", name=op.f("backtest_days_in_order")),
        sa.CheckConstraint("length(error) <= 500", name=op.f("backtest_error_is_short")),
        sa.CheckConstraint("point_cost_minor >= 0", name=op.f("backtest_cost_is_not_negative")),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("backtest_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", "backtest_id", name=op.f("backtest_pk")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "backtest_to_do_ix",
        "backtest",
        ["program_id", "asked_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON backtest TO {APP_ROLE}")
    _tell_the_planner("backtest")


def downgrade() -> None:
    op.drop_table("backtest")
