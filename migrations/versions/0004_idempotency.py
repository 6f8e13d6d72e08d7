"""Answers under an `Idempotency-Key`.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"


def _grant() -> None:
    """Keys are for ever, and so is what was answered; only its body may go."""
    op.execute(f"GRANT SELECT, INSERT ON idempotency TO {APP_ROLE}")
    op.execute(f"GRANT UPDATE (body, body_gone) ON idempotency TO {APP_ROLE}")


def _tell_the_planner() -> None:
    """Say that `program_id` alone finds nothing; 0001 tells why."""
    op.execute(
        """DO $$ BEGIN
          IF current_setting('server_version_num')::int >= 180000 THEN
            PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', 'idempotency', 'attname', 'program_id',
              'inherited', false, 'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real);
          END IF;
        END $$"""
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table('idempotency',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=True),
    sa.Column('customer_id', sa.Uuid(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('body_gone', sa.Text(), nullable=True),
    sa.CheckConstraint("body_gone IN ('expired', 'erased')", name=op.f('idempotency_body_gone_is_known')),
    sa.CheckConstraint('(body IS NULL) = (body_gone IS NOT NULL)', name=op.f('idempotency_body_is_there_or_tells_why_not')),
    sa.CheckConstraint('status BETWEEN 200 AND 299 OR status IN (404, 409)', name=op.f('idempotency_status_may_be_pinned')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('idempotency_program_id_fk')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name=op.f('idempotency_program_id_customer_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'scope', 'key', name=op.f('idempotency_pk'))
    )
    op.create_index('idempotency_customer_ix', 'idempotency', ['program_id', 'customer_id'], unique=False, postgresql_where=sa.text('body IS NOT NULL'))
    op.create_index('idempotency_recorded_ix', 'idempotency', ['program_id', 'recorded_at'], unique=False, postgresql_where=sa.text('body IS NOT NULL'))
    _grant()
    _tell_the_planner()


def downgrade() -> None:
    op.execute("DROP TABLE idempotency")
