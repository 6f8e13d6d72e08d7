"""What somebody enters for the key figures: money spent, leads, unit costs, the cost of a point.

Revision: 0008, after 0006
"""

import sqlalchemy as sa
from alembic import op
revision = '0008'
down_revision = '0006'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
TABLES = ("kpi_spend", "kpi_lead", "kpi_unit_cost", "kpi_point_cost")


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
    op.create_table('kpi_spend',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('spend_id', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('booked_on', sa.Date(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('amount_minor >= 0', name=op.f('kpi_spend_amount_is_not_negative')),
    sa.CheckConstraint("kind IN ('acquisition', 'enrolment', 'running')", name=op.f('kpi_spend_kind_is_known')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('kpi_spend_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'spend_id', 'version', name=op.f('kpi_spend_pk'))
    )
    op.create_table('kpi_lead',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('lead_id', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('channel', sa.Text(), nullable=True),
    sa.Column('qualified', sa.Boolean(), nullable=False),
    sa.Column('namespace', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('customer_id', sa.Uuid(), nullable=True),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name=op.f('kpi_lead_program_id_customer_id_fk')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('kpi_lead_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'lead_id', 'version', name=op.f('kpi_lead_pk'))
    )
    op.create_index('kpi_lead_created_ix', 'kpi_lead', ['program_id', 'created_at'], unique=False)
    op.create_table('kpi_unit_cost',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('sku', sa.Text(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('unit_cost_minor', sa.BigInteger(), nullable=False),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('unit_cost_minor >= 0', name=op.f('kpi_unit_cost_cost_is_not_negative')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('kpi_unit_cost_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'sku', 'from_on', 'version', name=op.f('kpi_unit_cost_pk'))
    )
    op.create_table('kpi_point_cost',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('cost_minor', sa.Numeric(), nullable=False),
    sa.Column('breakage', sa.Numeric(), nullable=False),
    sa.Column('withdrawn', sa.Boolean(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('breakage BETWEEN 0 AND 1', name=op.f('kpi_point_cost_breakage_is_a_share')),
    sa.CheckConstraint('cost_minor >= 0', name=op.f('kpi_point_cost_cost_is_not_negative')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('kpi_point_cost_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'from_on', 'version', name=op.f('kpi_point_cost_pk'))
    )
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
    # Forgetting a person: the link to the customer takes the place of what a shop knew.
    op.execute(f"GRANT UPDATE (external_id, email, customer_id) ON kpi_lead TO {APP_ROLE}")
    _tell_the_planner()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
