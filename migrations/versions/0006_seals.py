"""Seals over what was recorded, and the way to find the awards of a day.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table('seal',
    sa.Column('program_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('cut_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accounts', sa.BigInteger(), nullable=False),
    sa.Column('awards', sa.BigInteger(), nullable=False),
    sa.Column('root', sa.LargeBinary(), nullable=False),
    sa.Column('previous', sa.LargeBinary(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['program_id'], ['program.program_id'], name=op.f('seal_program_id_fk')),
    sa.PrimaryKeyConstraint('program_id', 'number', name=op.f('seal_pk'))
    )
    op.create_index('award_recorded_ix', 'award', ['program_id', 'recorded_at'], unique=False, postgresql_using='brin')
    op.execute(f"GRANT SELECT, INSERT ON seal TO {APP_ROLE}")


def downgrade() -> None:
    op.drop_index('award_recorded_ix', table_name='award')
    op.drop_table('seal')
