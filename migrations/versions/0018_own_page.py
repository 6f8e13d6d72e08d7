"""Links to members' own pages, and the post.

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
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
        "mail",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("letter", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name=op.f("mail_ended_has_a_time")),
        sa.CheckConstraint("(state = 'queued') = (letter IS NOT NULL)", name=op.f("mail_words_go_with_the_sending")),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name=op.f("mail_state_is_known")),
        sa.ForeignKeyConstraint(
            ["program_id", "customer_id"],
            ["customer.program_id", "customer.customer_id"],
            name=op.f("mail_program_id_customer_id_fk"),
        ),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("mail_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", "mail_id", name=op.f("mail_pk")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "mail_queue_ix",
        "mail",
        ["program_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "mail_customer_ix",
        "mail",
        ["program_id", "customer_id"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    _links("page_link", sa.Column("actor", sa.Text(), nullable=False), sa.Column("request_id", sa.Text(), nullable=False))
    _links("erasure_request")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON mail TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON page_link, erasure_request TO {APP_ROLE}")
    for table in ("mail", "page_link", "erasure_request"):
        _tell_the_planner(table)


def _links(table: str, *more: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        *more,
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("expires_at > made_at", name=op.f(f"{table}_expires_after_it_was_made")),
        sa.ForeignKeyConstraint(
            ["program_id", "customer_id"],
            ["customer.program_id", "customer.customer_id"],
            name=op.f(f"{table}_program_id_customer_id_fk"),
        ),
        sa.PrimaryKeyConstraint("program_id", "sha256", name=op.f(f"{table}_pk")),
    )
    op.create_index(f"{table}_customer_ix", table, ["program_id", "customer_id"], unique=False)
    op.create_index(f"{table}_expiry_ix", table, ["program_id", "expires_at"], unique=False)


def downgrade() -> None:
    for table in ("erasure_request", "page_link", "mail"):
        op.drop_table(table)
