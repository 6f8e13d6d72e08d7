"""Holds, rewards, adjustments; lots that wait, end or slide; what edits, merges and erasures need.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
NEW_TABLES = ("erased_alias", "hold", "adjustment", "reward", "redemption")
CAUSES = (
    "purchase", "refund", "cancellation", "edit", "claim", "joined", "left", "membership", "merged", "held",
    "captured", "released", "reversed", "adjusted", "settled", "erased",
)
FORMER_CAUSES = ("purchase", "refund", "cancellation", "joined", "left", "membership")
KINDS = (
    "issue", "mature", "expire", "repay", "claw_back", "hold", "capture", "release", "reverse", "adjust", "forfeit",
    "erase", "merge",
)
FORMER_KINDS = ("issue", "claw_back", "repay")


def _allow(table: str, constraint: str, column: str, words: tuple[str, ...]) -> None:
    """Replace a check of words. Not valid at first, so that nobody waits while the table is read."""
    listed = ", ".join(f"'{word}'" for word in words)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({column} IN ({listed})) NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")


def _grant() -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(NEW_TABLES)} TO {APP_ROLE}")
    op.execute(f"REVOKE UPDATE, DELETE ON erased_alias, redemption FROM {APP_ROLE}")


def _tell_the_planner() -> None:
    """Say that `program_id` alone finds nothing; 0001 tells why."""
    op.execute(
        f"""DO $$ DECLARE t text; BEGIN
          IF current_setting('server_version_num')::int >= 180000 THEN
            FOREACH t IN ARRAY '{{{",".join(NEW_TABLES)}}}'::text[] LOOP
              PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', t, 'attname', 'program_id',
                'inherited', false, 'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real);
            END LOOP;
          END IF;
        END $$"""
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column('program', sa.Column('erasure_key', sa.LargeBinary(), nullable=False,
        server_default=sa.text('uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())')))
    op.add_column('account', sa.Column('active_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('account', sa.Column('merged_into', sa.Uuid(), nullable=True))
    op.create_check_constraint(op.f('account_merged_ones_are_empty'), 'account',
        'merged_into IS NULL OR (available = 0 AND pending = 0 AND held = 0 AND debt = 0)')
    op.alter_column('lot', 'matures_at', nullable=True)
    op.add_column('lot', sa.Column('slides_days', sa.Integer(), nullable=True))
    op.create_check_constraint(op.f('lot_ends_on_a_date_or_slides'), 'lot', 'slides_days IS NULL OR expires_at IS NULL')
    op.add_column('purchase', sa.Column('edit_fingerprint', sa.LargeBinary(), nullable=True))
    op.create_index('customer_merged_ix', 'customer', ['program_id', 'merged_into'], unique=False, postgresql_where=sa.text('merged_into IS NOT NULL'))
    _allow('award', 'award_cause_is_known', 'cause', CAUSES)
    _allow('entry', 'entry_kind_is_known', 'kind', KINDS)
    op.execute("ALTER TABLE entry ADD CONSTRAINT entry_hash_is_sha256 CHECK (octet_length(hash) = 32) NOT VALID")
    op.execute("ALTER TABLE entry VALIDATE CONSTRAINT entry_hash_is_sha256")
    op.create_table('erased_alias',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name=op.f('erased_alias_program_id_customer_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'digest', name=op.f('erased_alias_pk'))
    )
    op.create_table('hold',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('hold_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('captured', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('returned', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('taken', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('end_award_id', sa.Uuid(), nullable=True),
    sa.Column('reverse_award_id', sa.Uuid(), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'captured') = (captured > 0)", name=op.f('hold_captured_ones_took_points')),
    sa.CheckConstraint("(state = 'open') = (ended_at IS NULL) AND (state = 'open') = (end_award_id IS NULL)", name=op.f('hold_ended_ones_say_when_and_why')),
    sa.CheckConstraint("state IN ('open', 'captured', 'released', 'timed_out')", name=op.f('hold_state_is_known')),
    sa.CheckConstraint('points > 0 AND captured BETWEEN 0 AND points', name=op.f('hold_captured_is_within_points')),
    sa.CheckConstraint('returned BETWEEN 0 AND captured', name=op.f('hold_returned_is_within_captured')),
    sa.ForeignKeyConstraint(['program_id', 'award_id'], ['award.program_id', 'award.award_id'], name='hold_award_fk'),
    sa.ForeignKeyConstraint(['program_id', 'end_award_id'], ['award.program_id', 'award.award_id'], name='hold_end_award_fk'),
    sa.ForeignKeyConstraint(['program_id', 'reverse_award_id'], ['award.program_id', 'award.award_id'], name='hold_reverse_award_fk'),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['account.program_id', 'account.customer_id'], name='hold_account_fk'),
    sa.PrimaryKeyConstraint('program_id', 'hold_id', name=op.f('hold_pk')),
    postgresql_with={'fillfactor': '80'}
    )
    op.create_index('hold_open_ix', 'hold', ['program_id', 'customer_id'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_table('adjustment',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('points <> 0', name=op.f('adjustment_points_are_not_zero')),
    sa.ForeignKeyConstraint(['program_id', 'award_id'], ['award.program_id', 'award.award_id'], name='adjustment_award_fk'),
    sa.PrimaryKeyConstraint('program_id', 'award_id', name=op.f('adjustment_pk'))
    )
    op.create_index('adjustment_account_ix', 'adjustment', ['program_id', 'customer_id'], unique=False)
    op.create_table('reward',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('reward_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('price_points', sa.BigInteger(), nullable=False),
    sa.Column('settings', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('price_points > 0', name=op.f('reward_price_is_positive')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('reward_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'reward_id', name=op.f('reward_pk'))
    )
    op.create_table('redemption',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('redemption_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('storefront_id', sa.Integer(), nullable=False),
    sa.Column('reward_id', sa.Uuid(), nullable=False),
    sa.Column('reward', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('price_points', sa.BigInteger(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'redemption_id'], ['hold.program_id', 'hold.hold_id'], name=op.f('redemption_program_id_redemption_id_fk')),
    sa.ForeignKeyConstraint(['program_id', 'reward_id'], ['reward.program_id', 'reward.reward_id'], name=op.f('redemption_program_id_reward_id_fk')),
    sa.ForeignKeyConstraint(['program_id', 'storefront_id'], ['storefront.program_id', 'storefront.storefront_id'], name=op.f('redemption_program_id_storefront_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'redemption_id', name=op.f('redemption_pk'))
    )
    op.create_index('redemption_account_ix', 'redemption', ['program_id', 'customer_id', 'recorded_at'], unique=False)
    _grant()
    _tell_the_planner()


def downgrade() -> None:
    for table in reversed(NEW_TABLES):
        op.execute(f"DROP TABLE {table}")
    op.drop_index('customer_merged_ix', table_name='customer')
    op.drop_constraint('entry_hash_is_sha256', 'entry')
    _allow('entry', 'entry_kind_is_known', 'kind', FORMER_KINDS)
    _allow('award', 'award_cause_is_known', 'cause', FORMER_CAUSES)
    op.drop_column('purchase', 'edit_fingerprint')
    op.drop_constraint('lot_ends_on_a_date_or_slides', 'lot')
    op.drop_column('lot', 'slides_days')
    op.alter_column('lot', 'matures_at', nullable=False)
    op.drop_constraint('account_merged_ones_are_empty', 'account')
    op.drop_column('account', 'merged_into')
    op.drop_column('account', 'active_at')
    op.drop_column('program', 'erasure_key')
