"""Tiers: schemes, sums of days, standings and their changes.

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
TABLES = ("tier_scheme", "tier_day", "tier_standing", "tier_change")


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
    op.create_table('tier_scheme',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('scheme', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('version >= 1', name=op.f('tier_scheme_version_counts_from_one')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('tier_scheme_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'version', name=op.f('tier_scheme_pk'))
    )
    op.create_table('tier_day',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('spent_minor', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('points >= 0 AND spent_minor >= 0', name=op.f('tier_day_nothing_counts_against')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['account.program_id', 'account.customer_id'], name='tier_day_account_fk'),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', 'day', name=op.f('tier_day_pk')),
    postgresql_with={'fillfactor': '80'}
    )
    op.create_table('tier_standing',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('tier', sa.Text(), nullable=True),
    sa.Column('earned_tier', sa.Text(), nullable=True),
    sa.Column('since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('below_since', sa.Date(), nullable=True),
    sa.Column('review_on', sa.Date(), nullable=True),
    sa.Column('floor_tier', sa.Text(), nullable=True),
    sa.Column('floor_until', sa.Date(), nullable=True),
    sa.Column('floor_reason', sa.Text(), nullable=True),
    sa.Column('floor_actor', sa.Text(), nullable=True),
    sa.Column('floor_set_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('scheme_version', sa.Integer(), nullable=False),
    sa.Column('changes', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint('(floor_tier IS NULL) = (floor_reason IS NULL) AND (floor_tier IS NULL) = (floor_actor IS NULL) AND (floor_tier IS NULL) = (floor_set_at IS NULL)', name=op.f('tier_standing_floor_says_why_and_who')),
    sa.CheckConstraint('floor_until IS NULL OR floor_tier IS NOT NULL', name=op.f('tier_standing_only_floors_end')),
    sa.CheckConstraint('changes >= 0', name=op.f('tier_standing_changes_are_counted')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['account.program_id', 'account.customer_id'], name='tier_standing_account_fk'),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', name=op.f('tier_standing_pk')),
    postgresql_with={'fillfactor': '80'}
    )
    op.create_index('tier_standing_review_ix', 'tier_standing', ['program_id', 'review_on'], unique=False)
    op.create_table('tier_change',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('tier_from', sa.Text(), nullable=True),
    sa.Column('tier_to', sa.Text(), nullable=True),
    sa.Column('effective_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('scheme_version', sa.Integer(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("cause IN ('reached', 'period', 'floor', 'floor_ended', 'scheme', 'merged', 'erased')", name=op.f('tier_change_cause_is_known')),
    sa.CheckConstraint('effective_at <= recorded_at', name=op.f('tier_change_effective_when_recorded')),
    sa.CheckConstraint('tier_from IS DISTINCT FROM tier_to', name=op.f('tier_change_tier_changes')),
    sa.ForeignKeyConstraint(['program_id', 'award_id'], ['award.program_id', 'award.award_id'], name='tier_change_award_fk'),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['account.program_id', 'account.customer_id'], name='tier_change_account_fk'),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', 'seq', name=op.f('tier_change_pk'))
    )
    op.create_index('tier_change_effective_ix', 'tier_change', ['program_id', 'effective_at'], unique=False)
    # What was published and what changed stays; sums and standings follow the decisions, and go with a person.
    for table in ("tier_scheme", "tier_change"):
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
    for table in ("tier_day", "tier_standing"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}")
    _tell_the_planner()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
