"""Drafts of earning rules, what is held under caps, and actions.

Revision: 0012, after 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0012'
down_revision = '0010'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
TABLES = ("earning_draft", "cap_use", "action")
CAUSES = (
    "purchase", "refund", "cancellation", "edit", "claim", "joined", "left", "membership", "merged",
    "held", "captured", "released", "reversed", "adjusted", "settled", "erased",
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
    op.add_column('earning_rules', sa.Column('name', sa.Text(), nullable=True))
    op.add_column('earning_rules', sa.Column('published_by', sa.Text(), nullable=True))
    op.create_table('earning_draft',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('draft_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('rules', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('in_force_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('based_on', sa.Integer(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('earning_draft_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'draft_id', name=op.f('earning_draft_pk'))
    )
    op.create_table('cap_use',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('rule_id', sa.Text(), nullable=False),
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('points >= 0', name=op.f('cap_use_points_not_negative')),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['account.program_id', 'account.customer_id'], name='cap_use_account_fk'),
    sa.PrimaryKeyConstraint('program_id', 'customer_id', 'rule_id', 'period', name=op.f('cap_use_pk')),
    postgresql_with={'fillfactor': '80'}
    )
    op.create_table('action',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('storefront_id', sa.Integer(), nullable=False),
    sa.Column('action_id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('performed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['program_id', 'award_id'], ['award.program_id', 'award.award_id'], name='action_award_fk'),
    sa.ForeignKeyConstraint(['program_id', 'customer_id'], ['account.program_id', 'account.customer_id'], name='action_account_fk'),
    sa.PrimaryKeyConstraint('program_id', 'storefront_id', 'action_id', name=op.f('action_pk'))
    )
    op.create_index('action_customer_ix', 'action', ['program_id', 'customer_id', 'performed_at'], unique=False)
    _causes(*CAUSES, "action")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON earning_draft TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON cap_use TO {APP_ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON action TO {APP_ROLE}")
    for table in TABLES:
        _tell_the_planner(table)


def downgrade() -> None:
    _causes(*CAUSES)
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column('earning_rules', 'published_by')
    op.drop_column('earning_rules', 'name')
