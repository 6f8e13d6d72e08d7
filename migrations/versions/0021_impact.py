"""Estimates of the programme's effect, holdouts that measure it, and objectives.

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
TABLES = (
    "impact_estimate",
    "impact_cuts",
    "holdout",
    "holdout_arm",
    "holdout_override",
    "impact_measurement",
    "objective",
)


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
    op.create_table(
        "holdout",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("holdout_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("holdout_bp", sa.Integer(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("offered", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("held_out", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_at > started_at", name=op.f("holdout_ends_after_it_began")),
        sa.CheckConstraint("holdout_bp > 0 AND holdout_bp < 10000", name=op.f("holdout_share_is_a_part")),
        sa.CheckConstraint("offered >= 0 AND held_out >= 0", name=op.f("holdout_arms_not_negative")),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("holdout_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", "holdout_id", name=op.f("holdout_pk")),
    )
    op.create_index(
        "holdout_one_at_a_time",
        "holdout",
        ["program_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "holdout_arm",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("holdout_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.CheckConstraint("arm IN ('offered', 'held_out')", name=op.f("holdout_arm_arm_is_known")),
        sa.ForeignKeyConstraint(
            ["program_id", "customer_id"],
            ["customer.program_id", "customer.customer_id"],
            name=op.f("holdout_arm_program_id_customer_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "holdout_id"],
            ["holdout.program_id", "holdout.holdout_id"],
            name=op.f("holdout_arm_program_id_holdout_id_fk"),
        ),
        sa.PrimaryKeyConstraint("program_id", "holdout_id", "customer_id", name=op.f("holdout_arm_pk")),
    )
    op.create_index("holdout_arm_customer_ix", "holdout_arm", ["program_id", "customer_id"], unique=False)
    op.create_table(
        "holdout_override",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("holdout_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(reason) <= 500", name=op.f("holdout_override_reason_is_short")),
        sa.ForeignKeyConstraint(
            ["program_id", "customer_id"],
            ["customer.program_id", "customer.customer_id"],
            name=op.f("holdout_override_program_id_customer_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "holdout_id"],
            ["holdout.program_id", "holdout.holdout_id"],
            name=op.f("holdout_override_program_id_holdout_id_fk"),
        ),
        sa.PrimaryKeyConstraint("program_id", "membership_id", name=op.f("holdout_override_pk")),
    )
    op.create_index("holdout_override_customer_ix", "holdout_override", ["program_id", "customer_id"], unique=False)
    op.create_table(
        "impact_measurement",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("holdout_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.Integer(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", "holdout_id"],
            ["holdout.program_id", "holdout.holdout_id"],
            name=op.f("impact_measurement_program_id_holdout_id_fk"),
        ),
        sa.PrimaryKeyConstraint("program_id", "holdout_id", name=op.f("impact_measurement_pk")),
    )
    op.create_table(
        "objective",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("objective_id", sa.Uuid(), nullable=False),
        sa.Column("kpi_key", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("target", sa.Numeric(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("set_on", sa.Date(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("due_on > set_on", name=op.f("objective_due_later")),
        sa.CheckConstraint("side IN ('all', 'member', 'non_member')", name=op.f("objective_side_is_known")),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("objective_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", "objective_id", name=op.f("objective_pk")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON holdout, holdout_override, objective TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON holdout_arm TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON impact_estimate, impact_measurement TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON impact_cuts TO {APP_ROLE}")
    for table in TABLES:
        _tell_the_planner(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
