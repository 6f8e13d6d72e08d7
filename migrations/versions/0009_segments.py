"""Segments, and who is in them.

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
TABLES = ("segment", "segment_member")


def _tell_the_planner() -> None:
    """Say that `program_id` alone finds nothing; 0001 tells why."""
    for table in TABLES:
        op.execute(
            f"""DO $$ BEGIN
              IF current_setting('server_version_num')::int >= 180000 THEN
                PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', '{table}', 'attname',
                  'program_id', 'inherited', false, 'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real);
              END IF;
            END $$"""
        )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table('segment',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('segment_key', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('conditions', postgresql.JSONB(none_as_null=True), nullable=True),
    sa.Column('kept_by', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('customers', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('refreshed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(conditions IS NULL) = (kept_by IS NOT NULL)', name=op.f('segment_by_conditions_or_kept')),
    sa.CheckConstraint('customers >= 0', name=op.f('segment_customers_not_negative')),
    sa.CheckConstraint("segment_key ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name=op.f('segment_key_is_a_slug')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('segment_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'segment_key', name=op.f('segment_pk'))
    )
    op.create_table('segment_member',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('segment_key', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name=op.f('segment_member_program_id_customer_id_fk')),
    sa.ForeignKeyConstraint(['program_id', 'segment_key'], ['segment.program_id', 'segment.segment_key'], name=op.f('segment_member_program_id_segment_key_fk')),
    sa.PrimaryKeyConstraint('program_id', 'segment_key', 'customer_id', name=op.f('segment_member_pk'))
    )
    op.create_index('segment_member_customer_ix', 'segment_member', ['program_id', 'customer_id', 'segment_key'], unique=False)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON segment TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON segment_member TO {APP_ROLE}")
    _tell_the_planner()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
