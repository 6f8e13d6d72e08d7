"""Rewards on terms: stock, limits, days, tiers, segments; their editions; and codes to hand out.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
TABLES = ("reward_edition", "voucher_code")


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
    op.add_column('reward', sa.Column('stock', sa.Integer(), nullable=True))
    op.add_column('reward', sa.Column('per_member_limit', sa.Integer(), nullable=True))
    op.add_column('reward', sa.Column('limit_per', sa.Text(), server_default=sa.text("'ever'"), nullable=False))
    op.add_column('reward', sa.Column('minimum_tier', sa.Text(), nullable=True))
    op.add_column('reward', sa.Column('starts_on', sa.Date(), nullable=True))
    op.add_column('reward', sa.Column('ends_on', sa.Date(), nullable=True))
    op.add_column('reward', sa.Column('tier_prices', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column('reward', sa.Column('segments', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False))
    op.add_column('reward', sa.Column('description', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    op.add_column('reward', sa.Column('position', sa.Integer(), server_default=sa.text('0'), nullable=False))
    op.add_column('reward', sa.Column('edition', sa.Integer(), server_default=sa.text('1'), nullable=False))
    op.add_column('reward', sa.Column('version', sa.BigInteger(), server_default=sa.text('1'), nullable=False))
    op.create_check_constraint(op.f('reward_stock_is_not_negative'), 'reward', 'stock >= 0')
    op.create_check_constraint(op.f('reward_limit_is_positive'), 'reward', 'per_member_limit > 0')
    op.create_check_constraint(op.f('reward_limit_per_is_known'), 'reward', "limit_per IN ('ever', 'day', 'month', 'year')")
    op.create_check_constraint(op.f('reward_ends_after_it_starts'), 'reward', 'ends_on >= starts_on')
    op.create_index('redemption_reward_ix', 'redemption', ['program_id', 'reward_id', 'recorded_at'], unique=False)
    op.create_table('reward_edition',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('reward_id', sa.Uuid(), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('offer', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'reward_id'], ['reward.program_id', 'reward.reward_id'], name=op.f('reward_edition_program_id_reward_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'reward_id', 'edition', name=op.f('reward_edition_pk'))
    )
    op.create_table('voucher_code',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('reward_id', sa.Uuid(), nullable=False),
    sa.Column('redemption_id', sa.Uuid(), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(redemption_id IS NULL) = (taken_at IS NULL)', name=op.f('voucher_code_taken_has_a_time')),
    sa.ForeignKeyConstraint(['program_id', 'redemption_id'], ['redemption.program_id', 'redemption.redemption_id'], name=op.f('voucher_code_program_id_redemption_id_fk')),
    sa.ForeignKeyConstraint(['program_id', 'reward_id'], ['reward.program_id', 'reward.reward_id'], name=op.f('voucher_code_program_id_reward_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'code', name=op.f('voucher_code_pk')),
    sa.UniqueConstraint('program_id', 'redemption_id', name='voucher_code_one_a_redemption')
    )
    op.create_index('voucher_code_free_ix', 'voucher_code', ['program_id', 'reward_id', 'code'], unique=False, postgresql_where=sa.text('redemption_id IS NULL'))
    op.create_index('voucher_code_reward_ix', 'voucher_code', ['program_id', 'reward_id', 'code'], unique=False)
    op.execute(f"GRANT SELECT, INSERT ON reward_edition TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON voucher_code TO {APP_ROLE}")
    # What is offered so far is the first edition of it.
    op.execute(
        """
        INSERT INTO reward_edition (program_id, reward_id, edition, offer, actor, request_id, recorded_at)
        SELECT program_id, reward_id, 1, jsonb_build_object('kind', kind, 'name', name, 'price_points', price_points,
          'settings', settings, 'active', active, 'terms', '{}'::jsonb), 'migration', '0011', created_at FROM reward
        """
    )
    _tell_the_planner()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index('redemption_reward_ix', table_name='redemption')
    for constraint in ('stock_is_not_negative', 'limit_is_positive', 'limit_per_is_known', 'ends_after_it_starts'):
        op.drop_constraint(op.f(f'reward_{constraint}'), 'reward')
    for column in (
        'version', 'edition', 'position', 'description', 'segments', 'tier_prices', 'ends_on', 'starts_on',
        'minimum_tier', 'limit_per', 'per_member_limit', 'stock',
    ):
        op.drop_column('reward', column)
