"""What was refused is kept for a while, views are saved, and people are found among a million.

Revision: 0024, after 0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
WORDS = (
    "array_to_tsvector(array_remove(string_to_array("
    "lower((COALESCE(name, '') || ' ') || COALESCE(email, '')), ' '), ''))"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "customer_words_ix",
        "customer",
        [sa.text(WORDS)],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": False},
    )
    op.create_index(
        "customer_alias_found_ix",
        "customer_alias",
        ["program_id", sa.literal_column("lower(external_id)").label("found")],
        unique=False,
        postgresql_ops={"found": "text_pattern_ops"},
    )
    op.create_table(
        "refused_call",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("refusal_id", sa.Uuid(), nullable=False),
        sa.Column("storefront_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("body_gone", sa.Text(), nullable=True),
        sa.Column("names", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replayed_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("(body IS NULL) = (body_gone IS NOT NULL)", name=op.f("refused_call_body_or_why_not")),
        sa.CheckConstraint(
            "body_gone IN ('none', 'not_json', 'too_large', 'erased')", name=op.f("refused_call_body_gone_is_known")
        ),
        sa.CheckConstraint("octet_length(body) <= 65536", name=op.f("refused_call_body_is_small")),
        sa.CheckConstraint(
            "(replayed_at IS NULL) = (outcome IS NULL) AND (replayed_at IS NULL) = (replayed_by IS NULL)",
            name=op.f("refused_call_replay_has_an_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "key_id"], ["api_key.program_id", "api_key.key_id"],
            name=op.f("refused_call_program_id_key_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "storefront_id"], ["storefront.program_id", "storefront.storefront_id"],
            name=op.f("refused_call_program_id_storefront_id_fk"),
        ),
        sa.PrimaryKeyConstraint("program_id", "refusal_id", name=op.f("refused_call_pk")),
    )  # fmt: skip
    op.create_index("refused_call_of_key_ix", "refused_call", ["program_id", "key_id", "refused_at"], unique=False)
    op.create_table(
        "saved_view",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("view_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("page IN ('members', 'purchases')", name=op.f("saved_view_page_is_known")),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("saved_view_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", "view_id", name=op.f("saved_view_pk")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON refused_call, saved_view TO {APP_ROLE}")


def downgrade() -> None:
    for table in ("saved_view", "refused_call"):
        op.drop_table(table)
    op.drop_index("customer_alias_found_ix", table_name="customer_alias")
    op.drop_index("customer_words_ix", table_name="customer")
