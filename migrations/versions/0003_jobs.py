"""Jobs: schedules with leases, and which consumers have been built.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"


def upgrade() -> None:
    op.create_table('schedule',
    sa.Column('job', sa.Text(), nullable=False),
    sa.Column('program_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('leased_by', sa.Text(), nullable=True),
    sa.Column('run_id', sa.Uuid(), nullable=True),
    sa.Column('attempts', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('last_started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_succeeded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.CheckConstraint('(lease_until IS NULL) = (run_id IS NULL)', name=op.f('schedule_lease_is_of_a_run')),
    sa.CheckConstraint('(run_id IS NULL) = (leased_by IS NULL)', name=op.f('schedule_run_is_of_a_worker')),
    sa.CheckConstraint('attempts >= 0', name=op.f('schedule_attempts_not_negative')),
    sa.CheckConstraint('length(last_error) <= 500', name=op.f('schedule_error_is_short')),
    sa.PrimaryKeyConstraint('job', 'program_id', name=op.f('schedule_pk')),
    postgresql_with={'fillfactor': '50'}
    )
    op.create_table('consumer_built',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('consumer', sa.Text(), nullable=False),
    sa.Column('built_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('consumer_built_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'consumer', name=op.f('consumer_built_pk'))
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON schedule, consumer_built TO {APP_ROLE}")


def downgrade() -> None:
    op.drop_table('consumer_built')
    op.drop_table('schedule')
