"""The memberships that ended have an index, for the list of who left.

Revision: 0025, after 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "membership_left_ix",
        "membership",
        ["program_id", "customer_id"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL AND left_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("membership_left_ix", table_name="membership")
