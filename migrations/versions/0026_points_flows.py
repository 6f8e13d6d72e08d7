"""What moved on each day, by kind and codes: the liability is rolled forward from days instead of from all entries.

Revision: 0026, after 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

APP_ROLE = "loyalty_app"


def upgrade() -> None:
    op.create_table(
        "kpi_points_flow",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("local_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("debit_code", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("kpi_points_flow_program_id_fk")),
        sa.PrimaryKeyConstraint(
            "program_id", "local_day", "kind", "debit_code", "credit_code", name=op.f("kpi_points_flow_pk")
        ),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON kpi_points_flow TO {APP_ROLE}")


def downgrade() -> None:
    op.drop_table("kpi_points_flow")
