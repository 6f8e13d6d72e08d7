"""The base of the ledger.

Revision: 0001, after 
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
# What was decided stays: the service may add to these and read them, and nothing else.
APPEND_ONLY = ("award", "entry", "event", "lot_use", "purchase_former", "refund", "earning_rules")


def _grant() -> None:
    """Make the role that every connection of the service takes, with the rights that the ledger promises."""
    op.execute(
        # The role is the cluster's: another of its databases may be migrated at this moment, and no lock reaches there.
        f"""DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
            BEGIN CREATE ROLE {APP_ROLE} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
          END IF;
          IF NOT pg_has_role(current_user, '{APP_ROLE}', 'SET') THEN
            BEGIN EXECUTE format('GRANT {APP_ROLE} TO %I', current_user); EXCEPTION WHEN unique_violation THEN NULL; END;
          END IF;
        END $$"""
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"REVOKE UPDATE, DELETE ON {', '.join(APPEND_ONLY)} FROM {APP_ROLE}")
    op.execute(f"REVOKE DELETE ON account, customer, lot, membership, program, purchase FROM {APP_ROLE}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {APP_ROLE}")


def _tell_the_planner() -> None:
    """Say that `program_id` alone finds nothing: every index begins with it.

    On a table that was empty when its first plan was made, an index on (program_id, placed_at) looks as good for a foreign
    key check as the primary key, and each check then reads the whole programme: batches of 1,000 took 4.7 s instead of
    0.1 s until autovacuum came by. ANALYZE replaces these statistics by the truth. PostgreSQL 17 cannot be told.
    """
    op.execute(
        """DO $$ DECLARE t text; BEGIN
          IF current_setting('server_version_num')::int >= 180000 THEN
            FOR t IN SELECT table_name FROM information_schema.columns
              WHERE table_schema = 'public' AND column_name = 'program_id' AND table_name <> 'program' LOOP
              PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', t, 'attname', 'program_id',
                'inherited', false, 'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real);
            END LOOP;
          END IF;
        END $$"""
    )


def upgrade() -> None:
    op.create_table('event',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=True),
    sa.Column('account_version', sa.BigInteger(), nullable=True),
    sa.Column('award_id', sa.Uuid(), nullable=True),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("origin IN ('live', 'import', 'simulated')", name=op.f('event_origin_is_known')),
    sa.PrimaryKeyConstraint('program_id', 'event_id', name=op.f('event_pk'))
    )
    op.create_index('event_recorded_ix', 'event', ['program_id', 'recorded_at'], unique=False)
    op.create_table('program',
    sa.Column('program_id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('mode', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('timezone', sa.Text(), nullable=False),
    sa.Column('clock_offset', sa.Interval(), server_default=sa.text("'0'"), nullable=False),
    sa.Column('default_period', sa.Text(), nullable=True),
    sa.Column('data_origin', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('policies', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('program_currency_is_iso_4217')),
    sa.CheckConstraint("mode = 'test' OR clock_offset = interval '0'", name=op.f('program_only_test_clocks_move')),
    sa.CheckConstraint("mode IN ('live', 'test')", name=op.f('program_mode_is_known')),
    sa.PrimaryKeyConstraint('program_id', name=op.f('program_pk')),
    sa.UniqueConstraint('name', name='program_name_is_taken_once')
    )
    op.create_table('user',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("role IN ('owner', 'manager', 'analyst', 'support')", name=op.f('user_role_is_known')),
    sa.CheckConstraint('email = lower(email)', name=op.f('user_email_is_lower_case')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('user_pk')),
    sa.UniqueConstraint('email', name='user_email_is_taken_once')
    )
    op.create_table('customer',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('birthday_on', sa.Date(), nullable=True),
    sa.Column('consent', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('merged_into', sa.Uuid(), nullable=True),
    sa.Column('merged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(merged_into IS NULL) = (merged_at IS NULL)', name=op.f('customer_merge_has_a_time')),
    sa.ForeignKeyConstraint(['program_id', 'merged_into'], ['customer.program_id', 'customer.customer_id'], name='customer_merged_into_fk'),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('customer_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', name=op.f('customer_pk'))
    )
    op.create_table('earning_rules',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('in_force_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('rules', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('version = 1 OR in_force_from >= published_at', name=op.f('earning_rules_later_versions_start_later')),
    sa.CheckConstraint('version >= 1', name=op.f('earning_rules_version_counts_from_one')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('earning_rules_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'version', name=op.f('earning_rules_pk'))
    )
    op.create_table('outbox',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('consumer', sa.Text(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'event_id'], ['event.program_id', 'event.event_id'], name=op.f('outbox_program_id_event_id_fk'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('program_id', 'consumer', 'event_id', name=op.f('outbox_pk'))
    )
    op.create_table('session',
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user.user_id'], name=op.f('session_user_id_fk')),
    sa.PrimaryKeyConstraint('sha256', name=op.f('session_pk'))
    )
    op.create_table('sign_in_link',
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user.user_id'], name=op.f('sign_in_link_user_id_fk')),
    sa.PrimaryKeyConstraint('sha256', name=op.f('sign_in_link_pk'))
    )
    op.create_table('storefront',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('storefront_id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('namespace', sa.Text(), server_default=sa.text("'default'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('storefront_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'storefront_id', name=op.f('storefront_pk')),
    sa.UniqueConstraint('program_id', 'name', name='storefront_name_is_taken_once')
    )
    op.create_table('account',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('available', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('pending', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('held', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('debt', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('head_hash', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('available >= 0 AND pending >= 0 AND held >= 0 AND debt >= 0', name=op.f('account_never_below_zero')),
    sa.CheckConstraint('debt = 0 OR available = 0', name=op.f('account_debt_is_repaid_first')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name=op.f('account_program_id_customer_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', name=op.f('account_pk')),
    postgresql_with={'fillfactor': '70'}
    )
    op.create_table('api_key',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('key_id', sa.Uuid(), nullable=False),
    sa.Column('storefront_id', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('last4', sa.Text(), nullable=False),
    sa.Column('scopes', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['program_id', 'storefront_id'], ['storefront.program_id', 'storefront.storefront_id'], name=op.f('api_key_program_id_storefront_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'key_id', name=op.f('api_key_pk')),
    sa.UniqueConstraint('program_id', 'sha256', name='api_key_is_unique')
    )
    op.create_table('customer_alias',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('namespace', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name=op.f('customer_alias_program_id_customer_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'namespace', 'external_id', name=op.f('customer_alias_pk'))
    )
    op.create_index('customer_alias_customer_ix', 'customer_alias', ['program_id', 'customer_id'], unique=False)
    op.create_table('import',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('import_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('storefront_id', sa.Integer(), nullable=True),
    sa.Column('file_name', sa.Text(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('recorded', sa.Integer(), nullable=False),
    sa.Column('unchanged', sa.Integer(), nullable=False),
    sa.Column('errors', sa.Integer(), nullable=False),
    sa.Column('ignored', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('finished_at IS NULL OR recorded + unchanged + errors = rows', name=op.f('import_finished_ones_are_whole')),
    sa.CheckConstraint('recorded + unchanged + errors <= rows', name=op.f('import_counts_are_within_rows')),
    sa.CheckConstraint('recorded >= 0 AND unchanged >= 0 AND errors >= 0', name=op.f('import_counts_are_not_negative')),
    sa.ForeignKeyConstraint(['program_id', 'storefront_id'], ['storefront.program_id', 'storefront.storefront_id'], name=op.f('import_program_id_storefront_id_fk')),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('import_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'import_id', name=op.f('import_pk'))
    )
    op.create_index('import_goes_on_once', 'import', ['program_id', 'kind', 'storefront_id', 'sha256'], unique=True, postgresql_where=sa.text('finished_at IS NULL'), postgresql_nulls_not_distinct=True)
    op.create_table('membership',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('membership_id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('referral_code', sa.Text(), nullable=True),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('left_at > joined_at', name=op.f('membership_leaves_after_joining')),
    sa.CheckConstraint('superseded_at >= recorded_at', name=op.f('membership_superseded_after_recorded')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name=op.f('membership_program_id_customer_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'membership_id', name=op.f('membership_pk'))
    )
    op.create_index('membership_history_ix', 'membership', ['program_id', 'customer_id', 'joined_at'], unique=False)
    op.create_index('membership_joined_once', 'membership', ['program_id', 'customer_id', 'joined_at'], unique=True, postgresql_where=sa.text('superseded_at IS NULL'))
    op.create_table('purchase',
    sa.Column('storefront_id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=True),
    sa.Column('placed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('currency', sa.Text(), nullable=True),
    sa.Column('goods_minor', sa.BigInteger(), nullable=True),
    sa.Column('discount_minor', sa.BigInteger(), nullable=True),
    sa.Column('tax_minor', sa.BigInteger(), nullable=True),
    sa.Column('shipping_minor', sa.BigInteger(), nullable=True),
    sa.Column('reward_discount_minor', sa.BigInteger(), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('payments', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('lines', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('referral_code', sa.Text(), nullable=True),
    sa.Column('redemption_ids', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('channel', sa.Text(), nullable=True),
    sa.Column('test', sa.Boolean(), nullable=False),
    sa.Column('source_updated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('metadata', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('member', sa.Boolean(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('purchase_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=True),
    sa.Column('request_id', sa.Text(), nullable=True),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.CheckConstraint("state = 'awaited' OR (placed_at IS NOT NULL AND currency IS NOT NULL AND goods_minor >= 0 AND discount_minor >= 0 AND tax_minor >= 0 AND shipping_minor >= 0 AND reward_discount_minor BETWEEN 0 AND goods_minor AND fingerprint IS NOT NULL)", name=op.f('purchase_recorded_ones_are_whole')),
    sa.CheckConstraint("state IN ('awaited', 'recorded')", name=op.f('purchase_state_is_known')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['customer.program_id', 'customer.customer_id'], name=op.f('purchase_program_id_customer_id_fk')),
    sa.ForeignKeyConstraint(['program_id', 'storefront_id'], ['storefront.program_id', 'storefront.storefront_id'], name=op.f('purchase_program_id_storefront_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'purchase_id', name=op.f('purchase_pk')),
    sa.UniqueConstraint('program_id', 'storefront_id', 'order_id', name='purchase_recorded_once')
    )
    op.create_index('purchase_customer_ix', 'purchase', ['program_id', 'customer_id', 'placed_at'], unique=False)
    op.create_index('purchase_placed_ix', 'purchase', ['program_id', 'placed_at'], unique=False)
    op.create_table('award',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=True),
    sa.Column('account_version', sa.BigInteger(), nullable=True),
    sa.Column('purchase_id', sa.Uuid(), nullable=True),
    sa.Column('refund_id', sa.Text(), nullable=True),
    sa.Column('membership_id', sa.Uuid(), nullable=True),
    sa.Column('rules_version', sa.Integer(), nullable=True),
    sa.Column('basis', sa.Text(), nullable=True),
    sa.Column('breakdown', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('target', sa.BigInteger(), nullable=False),
    sa.Column('due', sa.BigInteger(), nullable=False),
    sa.Column('given', sa.BigInteger(), nullable=False),
    sa.Column('available_after', sa.BigInteger(), nullable=True),
    sa.Column('pending_after', sa.BigInteger(), nullable=True),
    sa.Column('held_after', sa.BigInteger(), nullable=True),
    sa.Column('debt_after', sa.BigInteger(), nullable=True),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("cause IN ('purchase', 'refund', 'cancellation', 'joined', 'left', 'membership')", name=op.f('award_cause_is_known')),
    sa.CheckConstraint('(customer_id IS NULL) = (account_version IS NULL)', name=op.f('award_account_has_a_version')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['account.program_id', 'account.customer_id'], name='award_account_fk'),
    sa.ForeignKeyConstraint(['program_id', 'purchase_id'], ['purchase.program_id', 'purchase.purchase_id'], name=op.f('award_program_id_purchase_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'award_id', name=op.f('award_pk'))
    )
    op.create_index('award_account_ix', 'award', ['program_id', 'customer_id', 'account_version'], unique=False)
    op.create_index('award_purchase_ix', 'award', ['program_id', 'purchase_id'], unique=False)
    op.create_table('import_row',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('import_id', sa.Uuid(), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('sort_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('item', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('message', sa.Text(), nullable=True),
    sa.CheckConstraint('(code IS NULL) = (item IS NOT NULL AND sort_at IS NOT NULL)', name=op.f('import_row_to_do_or_refused')),
    sa.CheckConstraint('(code IS NULL) = (message IS NULL)', name=op.f('import_row_refusals_say_why')),
    sa.ForeignKeyConstraint(['program_id', 'import_id'], ['import.program_id', 'import.import_id'], name=op.f('import_row_program_id_import_id_fk'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('program_id', 'import_id', 'row', name=op.f('import_row_pk'))
    )
    op.create_index('import_row_to_do_ix', 'import_row', ['program_id', 'import_id', 'sort_at', 'external_id', 'row'], unique=False, postgresql_where=sa.text('code IS NULL'))
    op.create_table('purchase_former',
    sa.Column('storefront_id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=True),
    sa.Column('placed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('currency', sa.Text(), nullable=True),
    sa.Column('goods_minor', sa.BigInteger(), nullable=True),
    sa.Column('discount_minor', sa.BigInteger(), nullable=True),
    sa.Column('tax_minor', sa.BigInteger(), nullable=True),
    sa.Column('shipping_minor', sa.BigInteger(), nullable=True),
    sa.Column('reward_discount_minor', sa.BigInteger(), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('payments', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('lines', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('referral_code', sa.Text(), nullable=True),
    sa.Column('redemption_ids', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('channel', sa.Text(), nullable=True),
    sa.Column('test', sa.Boolean(), nullable=False),
    sa.Column('source_updated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('metadata', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('member', sa.Boolean(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('purchase_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('superseded_at >= recorded_at', name=op.f('purchase_former_superseded_after_recorded')),
    sa.ForeignKeyConstraint(['program_id', 'purchase_id'], ['purchase.program_id', 'purchase.purchase_id'], name=op.f('purchase_former_program_id_purchase_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'purchase_id', 'version', name=op.f('purchase_former_pk'))
    )
    op.create_table('entry',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('debit_code', sa.Text(), nullable=False),
    sa.Column('credit_code', sa.Text(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('available_after', sa.BigInteger(), nullable=False),
    sa.Column('pending_after', sa.BigInteger(), nullable=False),
    sa.Column('held_after', sa.BigInteger(), nullable=False),
    sa.Column('debt_after', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('effective_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint("debit_code IN ('issued', 'pending', 'available', 'held', 'redeemed', 'expired', 'clawed_back', 'debt', 'adjusted') AND credit_code IN ('issued', 'pending', 'available', 'held', 'redeemed', 'expired', 'clawed_back', 'debt', 'adjusted')", name=op.f('entry_codes_are_known')),
    sa.CheckConstraint("kind IN ('issue', 'claw_back', 'repay')", name=op.f('entry_kind_is_known')),
    sa.CheckConstraint('amount > 0', name=op.f('entry_amount_is_positive')),
    sa.CheckConstraint('debit_code <> credit_code', name=op.f('entry_moves_between_codes')),
    sa.ForeignKeyConstraint(['program_id', 'award_id'], ['award.program_id', 'award.award_id'], name=op.f('entry_program_id_award_id_fk')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['account.program_id', 'account.customer_id'], name='entry_account_fk'),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', 'seq', name=op.f('entry_pk'))
    )
    op.create_table('refund',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('purchase_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('refund_id', sa.Text(), nullable=False),
    sa.Column('refunded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('goods_minor', sa.BigInteger(), nullable=True),
    sa.Column('lines', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('award_id', sa.Uuid(), nullable=True),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(kind = 'cancellation') = (goods_minor IS NULL)", name=op.f('refund_cancellation_takes_what_is_left')),
    sa.CheckConstraint("(kind = 'cancellation') = (refund_id = '')", name=op.f('refund_cancellation_has_no_id')),
    sa.CheckConstraint("kind IN ('refund', 'cancellation')", name=op.f('refund_kind_is_known')),
    sa.CheckConstraint('goods_minor >= 0', name=op.f('refund_goods_not_negative')),
    sa.ForeignKeyConstraint(['program_id', 'award_id'], ['award.program_id', 'award.award_id'], name=op.f('refund_program_id_award_id_fk')),
    sa.ForeignKeyConstraint(['program_id', 'purchase_id'], ['purchase.program_id', 'purchase.purchase_id'], name=op.f('refund_program_id_purchase_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'purchase_id', 'kind', 'refund_id', name=op.f('refund_pk'))
    )
    op.create_table('lot',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('purchase_id', sa.Uuid(), nullable=True),
    sa.Column('earned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('matures_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('original', sa.BigInteger(), nullable=False),
    sa.Column('remaining', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('original > 0', name=op.f('lot_original_is_positive')),
    sa.CheckConstraint('remaining BETWEEN 0 AND original', name=op.f('lot_remaining_is_within_original')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id', 'seq'], ['entry.program_id', 'entry.customer_id', 'entry.seq'], name=op.f('lot_program_id_customer_id_seq_fk')),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', 'seq', name=op.f('lot_pk')),
    postgresql_with={'fillfactor': '80'}
    )
    op.create_table('lot_use',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('lot_seq', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount <> 0', name=op.f('lot_use_amount_is_not_zero')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id', 'lot_seq'], ['lot.program_id', 'lot.customer_id', 'lot.seq'], name='lot_use_lot_fk'),
    sa.ForeignKeyConstraint(['program_id', 'customer_id', 'seq'], ['entry.program_id', 'entry.customer_id', 'entry.seq'], name='lot_use_entry_fk'),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', 'seq', 'lot_seq', name=op.f('lot_use_pk'))
    )
    _grant()
    _tell_the_planner()


def downgrade() -> None:
    op.drop_table('lot_use')
    op.drop_table('lot')
    op.drop_table('refund')
    op.drop_table('entry')
    op.drop_table('purchase_former')
    op.drop_index('import_row_to_do_ix', table_name='import_row', postgresql_where=sa.text('code IS NULL'))
    op.drop_table('import_row')
    op.drop_index('award_purchase_ix', table_name='award')
    op.drop_index('award_account_ix', table_name='award')
    op.drop_table('award')
    op.drop_index('purchase_placed_ix', table_name='purchase')
    op.drop_index('purchase_customer_ix', table_name='purchase')
    op.drop_table('purchase')
    op.drop_index('membership_joined_once', table_name='membership', postgresql_where=sa.text('superseded_at IS NULL'))
    op.drop_index('membership_history_ix', table_name='membership')
    op.drop_table('membership')
    op.drop_index('import_goes_on_once', table_name='import', postgresql_where=sa.text('finished_at IS NULL'), postgresql_nulls_not_distinct=True)
    op.drop_table('import')
    op.drop_index('customer_alias_customer_ix', table_name='customer_alias')
    op.drop_table('customer_alias')
    op.drop_table('api_key')
    op.drop_table('account')
    op.drop_table('storefront')
    op.drop_table('sign_in_link')
    op.drop_table('session')
    op.drop_table('outbox')
    op.drop_table('earning_rules')
    op.drop_table('customer')
    op.drop_table('user')
    op.drop_table('program')
    op.drop_index('event_recorded_ix', table_name='event')
    op.drop_table('event')
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM loyalty_app")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM loyalty_app")
    op.execute("REVOKE USAGE ON SCHEMA public FROM loyalty_app")
