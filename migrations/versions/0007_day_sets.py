"""The day sets of the key figures: sums and sets per day and month, customers' numbers, days to count anew, snapshots.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table('kpi_rollup',
    sa.Column('program_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('build_id', sa.Uuid(), nullable=False),
    sa.Column('timezone', sa.Text(), nullable=False),
    sa.Column('kpi_version', sa.Integer(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('next_number', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('kpi_rollup_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', name=op.f('kpi_rollup_pk'))
    )
    op.create_table('kpi_customer',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('survives', sa.Boolean(), nullable=False),
    sa.CheckConstraint('number BETWEEN 0 AND 4294967295', name=op.f('kpi_customer_number_fits_a_set')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('kpi_customer_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', name=op.f('kpi_customer_pk'))
    )
    op.create_index('kpi_customer_number_ix', 'kpi_customer', ['program_id', 'number'], unique=False)
    op.create_index('kpi_customer_numbered_once', 'kpi_customer', ['program_id', 'number'], unique=True, postgresql_where=sa.text('survives'))
    op.create_table('kpi_span',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('grain', sa.Text(), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('member_orders', sa.BigInteger(), nullable=False),
    sa.Column('member_net_minor', sa.BigInteger(), nullable=False),
    sa.Column('other_orders', sa.BigInteger(), nullable=False),
    sa.Column('other_net_minor', sa.BigInteger(), nullable=False),
    sa.Column('anonymous_orders', sa.BigInteger(), nullable=False),
    sa.Column('anonymous_net_minor', sa.BigInteger(), nullable=False),
    sa.Column('anonymous_net_squared', sa.Numeric(), nullable=False),
    sa.Column('left_out', sa.BigInteger(), nullable=False),
    sa.Column('lined', sa.BigInteger(), nullable=False),
    sa.Column('member_rewards_minor', sa.BigInteger(), nullable=False),
    sa.Column('first_net_minor', sa.BigInteger(), nullable=False),
    sa.Column('member_gap_seconds', sa.BigInteger(), nullable=False),
    sa.Column('other_gap_seconds', sa.BigInteger(), nullable=False),
    sa.Column('member_gaps', sa.LargeBinary(), nullable=False),
    sa.Column('other_gaps', sa.LargeBinary(), nullable=False),
    sa.Column('member_sold', sa.BigInteger(), nullable=False),
    sa.Column('member_returned', sa.BigInteger(), nullable=False),
    sa.Column('member_back', sa.BigInteger(), nullable=False),
    sa.Column('other_sold', sa.BigInteger(), nullable=False),
    sa.Column('other_returned', sa.BigInteger(), nullable=False),
    sa.Column('other_back', sa.BigInteger(), nullable=False),
    sa.Column('told', sa.BigInteger(), nullable=False),
    sa.Column('untold', sa.BigInteger(), nullable=False),
    sa.Column('member_cost_minor', sa.BigInteger(), nullable=False),
    sa.Column('member_covered_minor', sa.BigInteger(), nullable=False),
    sa.Column('other_cost_minor', sa.BigInteger(), nullable=False),
    sa.Column('other_covered_minor', sa.BigInteger(), nullable=False),
    sa.Column('first_cost_minor', sa.BigInteger(), nullable=False),
    sa.Column('first_covered_minor', sa.BigInteger(), nullable=False),
    sa.Column('points_issued', sa.BigInteger(), nullable=False),
    sa.Column('points_redeemed', sa.BigInteger(), nullable=False),
    sa.Column('points_restored', sa.BigInteger(), nullable=False),
    sa.Column('points_expired', sa.BigInteger(), nullable=False),
    sa.Column('points_forfeited', sa.BigInteger(), nullable=False),
    sa.Column('points_clawed_back', sa.BigInteger(), nullable=False),
    sa.Column('points_held', sa.BigInteger(), nullable=False),
    sa.Column('points_debt', sa.BigInteger(), nullable=False),
    sa.Column('newcomers', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint("grain IN ('day', 'month')", name=op.f('kpi_span_grain_is_known')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('kpi_span_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'grain', 'first_on', name=op.f('kpi_span_pk'))
    )
    op.create_table('kpi_span_set',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('grain', sa.Text(), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('customers', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'grain', 'first_on'], ['kpi_span.program_id', 'kpi_span.grain', 'kpi_span.first_on'], name='kpi_span_set_span_fk', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('program_id', 'grain', 'first_on', 'kind', name=op.f('kpi_span_set_pk'))
    )
    # Sets are packed already; to try to compress them would only take time.
    op.execute("ALTER TABLE kpi_span_set ALTER COLUMN customers SET STORAGE EXTERNAL")
    op.create_table('kpi_dirty',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('mark_id', sa.BigInteger(), sa.Identity(), nullable=False),
    sa.Column('local_day', sa.Date(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('kpi_dirty_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'mark_id', name=op.f('kpi_dirty_pk'))
    )
    op.create_table('kpi_snapshot',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('start_on', sa.Date(), nullable=False),
    sa.Column('end_on', sa.Date(), nullable=False),
    sa.Column('measure', sa.Text(), nullable=False),
    sa.Column('kpi_version', sa.Integer(), nullable=False),
    sa.Column('seen_version', sa.BigInteger(), nullable=False),
    sa.Column('computed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('watermark', sa.DateTime(timezone=True), nullable=False),
    sa.Column('figures', postgresql.JSONB(), nullable=False),
    sa.Column('was', postgresql.JSONB(), nullable=True),
    sa.Column('restated_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('start_on < end_on', name=op.f('kpi_snapshot_period_is_in_order')),
    sa.CheckConstraint('(was IS NULL) = (restated_at IS NULL)', name=op.f('kpi_snapshot_restated_has_a_time')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('kpi_snapshot_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'start_on', 'end_on', 'measure', name=op.f('kpi_snapshot_pk'))
    )
    op.create_table('kpi_wanted',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('start_on', sa.Date(), nullable=False),
    sa.Column('end_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('kpi_wanted_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'start_on', 'end_on', name=op.f('kpi_wanted_pk'))
    )
    # Movements lie about in the order of time; some were posted with what came long after them, so several ranges a page.
    op.create_index('entry_effective_ix', 'entry', ['program_id', 'effective_at'], unique=False, postgresql_using='brin', postgresql_ops={'effective_at': 'timestamptz_minmax_multi_ops'})
    op.create_index('refund_refunded_ix', 'refund', ['program_id', 'refunded_at'], unique=False, postgresql_using='brin', postgresql_ops={'refunded_at': 'timestamptz_minmax_multi_ops'})
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON kpi_rollup, kpi_customer, kpi_span, kpi_span_set, kpi_dirty,"
        " kpi_snapshot, kpi_wanted"
        f" TO {APP_ROLE}"
    )


def downgrade() -> None:
    op.drop_index('refund_refunded_ix', table_name='refund')
    op.drop_index('entry_effective_ix', table_name='entry')
    op.drop_table('kpi_wanted')
    op.drop_table('kpi_snapshot')
    op.drop_table('kpi_dirty')
    op.drop_table('kpi_span_set')
    op.drop_table('kpi_span')
    op.drop_table('kpi_customer')
    op.drop_table('kpi_rollup')
