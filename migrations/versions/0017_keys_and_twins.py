"""Keys that are named, expire and tell when they were used last; the twin of a programme for tests.

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("api_key", sa.Column("name", sa.Text(), server_default=sa.text("'default'"), nullable=False))
    op.add_column("api_key", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("api_key", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("api_key_expires_after_it_was_made"), "api_key", "expires_at > created_at")
    op.add_column("program", sa.Column("twin_of", sa.Integer(), nullable=True))
    op.create_foreign_key("program_twin_of_fk", "program", "program", ["twin_of"], ["program_id"])
    op.create_unique_constraint("program_has_one_twin", "program", ["twin_of"])
    op.create_check_constraint(op.f("program_twins_are_for_tests"), "program", "twin_of IS NULL OR mode = 'test'")


def downgrade() -> None:
    op.drop_constraint(op.f("program_twins_are_for_tests"), "program")
    op.drop_constraint("program_has_one_twin", "program")
    op.drop_constraint("program_twin_of_fk", "program")
    op.drop_column("program", "twin_of")
    op.drop_constraint(op.f("api_key_expires_after_it_was_made"), "api_key")
    for column in ("last_used_at", "expires_at", "name"):
        op.drop_column("api_key", column)
