"""Referrals: terms, codes, shares, claims and what became of them, traces, and work to do.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
TABLES = (
    "referral_terms", "referral_code", "referral_share", "referral", "referral_gift", "referral_trace", "referral_work",
)
CAUSES = (
    "purchase", "refund", "cancellation", "edit", "claim", "joined", "left", "membership", "merged",
    "held", "captured", "released", "reversed", "adjusted", "settled", "erased", "action",
)


def _causes(*words: str) -> None:
    """Say which causes awards may have. No row can break a list that only grows, so none is read for it."""
    listed = ", ".join(f"'{word}'" for word in words)
    op.execute("ALTER TABLE award DROP CONSTRAINT award_cause_is_known")
    op.execute(f"ALTER TABLE award ADD CONSTRAINT award_cause_is_known CHECK (cause IN ({listed})) NOT VALID")
    op.execute("ALTER TABLE award VALIDATE CONSTRAINT award_cause_is_known")


def _tell_the_planner(table: str) -> None:
    """Say that `program_id` alone finds nothing; 0001 tells why."""
    op.execute(
        f"""DO $$ BEGIN
          IF current_setting('server_version_num')::int >= 180000 THEN
            PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', '{table}', 'attname', 'program_id',
              'inherited', false, 'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real);
          END IF;
        END $$"""
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table('referral_terms',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('terms', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('version >= 1', name=op.f('referral_terms_version_counts_from_one')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('referral_terms_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'version', name=op.f('referral_terms_pk'))
    )
    op.create_table('referral_code',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('code_key', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('custom', sa.Boolean(), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name='referral_code_customer_fk'),
    sa.PrimaryKeyConstraint('program_id', 'code_key', name=op.f('referral_code_pk'))
    )
    op.create_index('referral_code_customer_ix', 'referral_code', ['program_id', 'customer_id'], unique=False)
    op.create_index('referral_code_made_once', 'referral_code', ['program_id', 'customer_id'], unique=True, postgresql_where=sa.text('NOT custom'))
    op.create_table('referral_share',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('share_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('shared_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name='referral_share_customer_fk'),
    sa.PrimaryKeyConstraint('program_id', 'share_id', name=op.f('referral_share_pk'))
    )
    op.create_index('referral_share_at_ix', 'referral_share', ['program_id', 'shared_at'], unique=False)
    op.create_table('referral',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('friend_id', sa.Uuid(), nullable=False),
    sa.Column('referrer_id', sa.Uuid(), nullable=True),
    sa.Column('told_key', sa.Text(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('terms_version', sa.Integer(), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('purchase_id', sa.Uuid(), nullable=True),
    sa.Column('qualified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('matures_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('friend_points', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('referrer_points', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('friend_award_id', sa.Uuid(), nullable=True),
    sa.Column('referrer_award_id', sa.Uuid(), nullable=True),
    sa.Column('friend_lot', sa.BigInteger(), nullable=True),
    sa.Column('referrer_lot', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Text(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state IN ('qualified', 'rewarded', 'reversed')) = (qualified_at IS NOT NULL)", name=op.f('referral_rewards_qualified')),
    sa.CheckConstraint("(state IN ('refused', 'reversed', 'in_review')) = (reason IS NOT NULL)", name=op.f('referral_what_is_refused_says_why')),
    sa.CheckConstraint("reason IN ('unknown_code', 'switched_off', 'expired_code', 'own_code', 'referrer_left', 'same_email', 'existing_customer', 'not_first_purchase', 'below_minimum', 'same_address', 'same_payment', 'over_cap', 'shared_trace', 'refunded', 'by_staff')", name=op.f('referral_reason_is_known')),
    sa.CheckConstraint("referrer_id IS NOT NULL OR state = 'refused'", name=op.f('referral_only_refused_ones_lead_nowhere')),
    sa.CheckConstraint("state IN ('claimed', 'in_review', 'qualified', 'rewarded', 'refused', 'reversed')", name=op.f('referral_state_is_known')),
    sa.CheckConstraint('friend_points >= 0 AND referrer_points >= 0', name=op.f('referral_points_not_negative')),
    sa.ForeignKeyConstraint(['program_id', 'friend_award_id'], ['award.program_id', 'award.award_id'], name='referral_friend_award_fk'),
    sa.ForeignKeyConstraint(['program_id', 'friend_id'], ['account.program_id', 'account.customer_id'], name='referral_friend_fk'),
    sa.ForeignKeyConstraint(['program_id', 'referrer_award_id'], ['award.program_id', 'award.award_id'], name='referral_referrer_award_fk'),
    sa.ForeignKeyConstraint(['program_id', 'referrer_id'], ['account.program_id', 'account.customer_id'], name='referral_referrer_fk'),
    sa.PrimaryKeyConstraint('program_id', 'referral_id', name=op.f('referral_pk')),
    postgresql_with={'fillfactor': '80'}
    )
    op.create_index('referral_claimed_ix', 'referral', ['program_id', 'claimed_at'], unique=False)
    op.create_index('referral_maturing_ix', 'referral', ['program_id', 'matures_at'], unique=False, postgresql_where=sa.text("state = 'qualified'"))
    op.create_index('referral_one_lives', 'referral', ['program_id', 'friend_id'], unique=True, postgresql_where=sa.text("state <> 'refused'"))
    op.create_index('referral_referrer_ix', 'referral', ['program_id', 'referrer_id', 'qualified_at'], unique=False)
    op.create_table('referral_gift',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('side', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('reward_id', sa.Uuid(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('storefront_id', sa.Integer(), nullable=False),
    sa.Column('redemption_id', sa.Uuid(), nullable=True),
    sa.Column('kept_because', sa.Text(), nullable=True),
    sa.Column('promised_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("side IN ('friend', 'referrer')", name=op.f('referral_gift_side_is_known')),
    sa.CheckConstraint('points > 0', name=op.f('referral_gift_points_positive')),
    sa.CheckConstraint('redemption_id IS NULL OR kept_because IS NULL', name=op.f('referral_gift_given_or_kept')),
    sa.ForeignKeyConstraint(['program_id', 'referral_id'], ['referral.program_id', 'referral.referral_id'], name='referral_gift_of_fk'),
    sa.PrimaryKeyConstraint('program_id', 'referral_id', 'side', name=op.f('referral_gift_pk'))
    )
    op.create_index('referral_gift_due_ix', 'referral_gift', ['program_id', 'promised_at'], unique=False, postgresql_where=sa.text('redemption_id IS NULL AND kept_because IS NULL'))
    op.create_table('referral_trace',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('trace', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('address', 'payment')", name=op.f('referral_trace_kind_is_known')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name='referral_trace_customer_fk'),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', 'kind', 'trace', name=op.f('referral_trace_pk'))
    )
    op.create_index('referral_trace_ix', 'referral_trace', ['program_id', 'kind', 'trace'], unique=False)
    op.create_table('referral_work',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('referral_work_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'event_id', name=op.f('referral_work_pk'))
    )
    _causes(*CAUSES, "referral")
    # What was published and shared stays; a claim goes on; codes, traces and work go.
    for table in ("referral_terms", "referral_share"):
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
    for table in ("referral", "referral_gift"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}")
    for table in ("referral_code", "referral_trace", "referral_work"):
        op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO {APP_ROLE}")
    for table in TABLES:
        _tell_the_planner(table)


def downgrade() -> None:
    _causes(*CAUSES)
    for table in reversed(TABLES):
        op.drop_table(table)
