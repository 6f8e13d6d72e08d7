"""Imports and exports that are asked for over HTTP and done by the worker, and opening balances.

Revision: 0016, after 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
TABLES = ("import_part", "export", "export_part", "opening_balance")
_WHOLE = "recorded + unchanged + errors = rows"


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


def _parts(of: str) -> None:
    """Make a table of the pieces of files; they are never searched, only read in their order."""
    op.create_table(
        f"{of}_part",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column(f"{of}_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id", f"{of}_id"],
            [f"{of}.program_id", f"{of}.{of}_id"],
            name=op.f(f"{of}_part_program_id_{of}_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("program_id", f"{of}_id", "part", name=op.f(f"{of}_part_pk")),
    )
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {of}_part TO {APP_ROLE}")


def _imports() -> None:
    op.alter_column("import", "sha256", existing_type=sa.LargeBinary(), nullable=True)
    op.add_column("import", sa.Column("sent", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("import", sa.Column("format", sa.Text(), server_default=sa.text("'csv'"), nullable=False))
    op.add_column("import", sa.Column("dry_run", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("import", sa.Column("dated_now", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("import", sa.Column("namespace", sa.Text(), server_default=sa.text("'default'"), nullable=False))
    op.add_column("import", sa.Column("actor", sa.Text(), nullable=True))
    op.add_column("import", sa.Column("bytes_sent", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("import", sa.Column("bytes_read", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("import", sa.Column("header", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("import", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import", sa.Column("staged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import", sa.Column("ended", sa.Text(), nullable=True))
    op.add_column("import", sa.Column("error", sa.Text(), nullable=True))
    op.add_column("import_row", sa.Column("column_name", sa.Text(), nullable=True))
    op.add_column("import_row", sa.Column("cells", sa.Text(), nullable=True))
    op.drop_constraint("import_finished_ones_are_whole", "import")
    for name, check in {
        "finished_ones_are_whole": f"finished_at IS NULL OR ended IS NOT NULL OR {_WHOLE}",
        "format_is_known": "format IN ('csv', 'ndjson')",
        "ended_is_known": "ended IN ('failed', 'cancelled')",
        "ended_ones_are_finished": "ended IS NULL OR finished_at IS NOT NULL",
        "failed_says_why": "(ended IS NOT DISTINCT FROM 'failed') = (error IS NOT NULL)",
    }.items():
        op.create_check_constraint(op.f(f"import_{name}"), "import", check)
    op.drop_index("import_goes_on_once", table_name="import")
    op.create_index(
        "import_goes_on_once",
        "import",
        ["program_id", "kind", "storefront_id", "sha256", "sent", "dry_run", "dated_now"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL AND sha256 IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    )
    _parts("import")


def _exports() -> None:
    op.create_table(
        "export",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("storefront_id", sa.Integer(), nullable=True),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("segment", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("rows", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("format IN ('csv', 'ndjson')", name=op.f("export_format_is_known")),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')",
            name=op.f("export_state_is_known"),
        ),
        sa.CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name=op.f("export_failed_says_why")),
        sa.CheckConstraint("(state IN ('queued', 'running')) = (ended_at IS NULL)", name=op.f("export_ended_has_a_time")),
        sa.CheckConstraint("from_on <= to_on", name=op.f("export_days_in_order")),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("export_program_id_fk")),
        sa.ForeignKeyConstraint(
            ["program_id", "storefront_id"],
            ["storefront.program_id", "storefront.storefront_id"],
            name=op.f("export_program_id_storefront_id_fk"),
        ),
        sa.PrimaryKeyConstraint("program_id", "export_id", name=op.f("export_pk")),
        postgresql_with={"fillfactor": "70"},
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON export TO {APP_ROLE}")
    _parts("export")


def _opening_balances() -> None:
    op.create_table(
        "opening_balance",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("opening_balance_points_are_positive")),
        sa.ForeignKeyConstraint(
            ["program_id", "award_id"], ["award.program_id", "award.award_id"], name="opening_balance_award_fk"
        ),
        sa.PrimaryKeyConstraint("program_id", "digest", name=op.f("opening_balance_pk")),
    )
    op.create_index("opening_balance_account_ix", "opening_balance", ["program_id", "customer_id"], unique=False)
    op.execute(f"GRANT SELECT, INSERT, DELETE ON opening_balance TO {APP_ROLE}")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _imports()
    _exports()
    _opening_balances()
    for table in TABLES:
        _tell_the_planner(table)


def downgrade() -> None:
    for table in ("opening_balance", "export_part", "export", "import_part"):
        op.drop_table(table)
    # What only this version knows: files whose bytes are gone, and imports that ended without being whole.
    op.execute("DELETE FROM import WHERE sent")
    op.drop_index("import_goes_on_once", table_name="import")
    for name in ("finished_ones_are_whole", "format_is_known", "ended_is_known", "ended_ones_are_finished", "failed_says_why"):
        op.drop_constraint(op.f(f"import_{name}"), "import")
    op.drop_column("import_row", "cells")
    op.drop_column("import_row", "column_name")
    for name in (
        "error", "ended", "staged_at", "started_at", "header", "bytes_read", "bytes_sent", "actor", "namespace", "dated_now",
        "dry_run", "format", "sent",
    ):  # fmt: skip
        op.drop_column("import", name)
    op.alter_column("import", "sha256", existing_type=sa.LargeBinary(), nullable=False)
    op.create_check_constraint(op.f("import_finished_ones_are_whole"), "import", f"finished_at IS NULL OR {_WHOLE}")
    op.create_index(
        "import_goes_on_once",
        "import",
        ["program_id", "kind", "storefront_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
