"""What was told once.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"


def _tell_the_planner() -> None:
    """Say that `program_id` alone finds nothing; 0001 tells why."""
    op.execute(
        """DO $$ BEGIN
          IF current_setting('server_version_num')::int >= 180000 THEN
            PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', 'notice', 'attname', 'program_id',
              'inherited', false, 'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real);
          END IF;
        END $$"""
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table('notice',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('notice_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'kind', 'subject', name=op.f('notice_pk'))
    )
    op.execute(f"GRANT SELECT, INSERT ON notice TO {APP_ROLE}")
    _tell_the_planner()


def downgrade() -> None:
    op.drop_table('notice')
