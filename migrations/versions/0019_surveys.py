"""Surveys: policies, editions, invitations and why not, answers, what changed in them, cases.

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


APP_ROLE = "loyalty_app"
TABLES = (
    "survey_policy",
    "survey",
    "survey_edition",
    "survey_invitation",
    "survey_clock",
    "survey_suppression",
    "survey_day",
    "survey_response",
    "survey_change",
    "survey_case",
)


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
    op.create_table(
        "survey",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("draft", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("simulated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("survey_closed_has_a_time")),
        sa.CheckConstraint("(state = 'draft') = (edition = 0)", name=op.f("survey_open_ones_were_published")),
        sa.CheckConstraint("state IN ('draft', 'open', 'closed')", name=op.f("survey_state_is_known")),
        sa.CheckConstraint("edition >= 0 AND version >= 1", name=op.f("survey_counts_upwards")),
        sa.CheckConstraint("NOT simulated OR state = 'closed'", name=op.f("survey_simulated_ones_ask_nobody")),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("survey_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", "survey_id", name=op.f("survey_pk")),
    )
    op.create_table(
        "survey_day",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.CheckConstraint("sent >= 0", name=op.f("survey_day_sent_not_negative")),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("survey_day_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", "day", name=op.f("survey_day_pk")),
    )
    op.create_table(
        "survey_policy",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("survey_policy_version_counts_from_one")),
        sa.ForeignKeyConstraint(["program_id"], ["program.program_id"], name=op.f("survey_policy_program_id_fk")),
        sa.PrimaryKeyConstraint("program_id", "version", name=op.f("survey_policy_pk")),
    )
    op.create_table(
        "survey_clock",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["program_id", "customer_id"],
            ["customer.program_id", "customer.customer_id"],
            name="survey_clock_customer_fk",
        ),
        sa.PrimaryKeyConstraint("program_id", "customer_id", name=op.f("survey_clock_pk")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_table(
        "survey_edition",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("edition >= 1", name=op.f("survey_edition_edition_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["program_id", "survey_id"], ["survey.program_id", "survey.survey_id"], name="survey_edition_of_fk"
        ),
        sa.PrimaryKeyConstraint("program_id", "survey_id", "edition", name=op.f("survey_edition_pk")),
    )
    op.create_table(
        "survey_suppression",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("email_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(why = 'bounced') = (email_sha256 IS NOT NULL)", name=op.f("survey_suppression_bounced_has_an_address")
        ),
        sa.CheckConstraint("why IN ('unsubscribed', 'bounced')", name=op.f("survey_suppression_why_is_known")),
        sa.ForeignKeyConstraint(
            ["program_id", "customer_id"],
            ["customer.program_id", "customer.customer_id"],
            name="survey_suppression_customer_fk",
        ),
        sa.PrimaryKeyConstraint("program_id", "customer_id", "why", name=op.f("survey_suppression_pk")),
    )
    op.create_table(
        "survey_invitation",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("respondent_id", sa.Uuid(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("purchase_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("member", sa.Boolean(), nullable=False),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("token_version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL) AND (sent_at IS NULL) = (ends_at IS NULL)",
            name=op.f("survey_invitation_sent_has_times"),
        ),
        sa.CheckConstraint(
            "(state = 'skipped') = (reason IS NOT NULL)", name=op.f("survey_invitation_skipped_says_why")
        ),
        sa.CheckConstraint("channel IN ('mail', 'link')", name=op.f("survey_invitation_channel_is_known")),
        sa.CheckConstraint(
            "reason IN ('switched_off', 'closed', 'too_late', 'erased', 'held_out', 'sampled_out', 'suppressed', 'no_consent', 'no_address', 'refunded', 'throttled')",
            name=op.f("survey_invitation_reason_is_known"),
        ),
        sa.CheckConstraint("state IN ('planned', 'sent', 'skipped')", name=op.f("survey_invitation_state_is_known")),
        sa.CheckConstraint(
            "token_sha256 IS NULL OR state = 'sent'", name=op.f("survey_invitation_only_sent_ones_have_links")
        ),
        sa.CheckConstraint(
            "(customer_id IS NULL) OR (respondent_id = customer_id)",
            name=op.f("survey_invitation_respondent_is_the_customer"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "customer_id"],
            ["customer.program_id", "customer.customer_id"],
            name="survey_invitation_customer_fk",
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "survey_id", "edition"],
            ["survey_edition.program_id", "survey_edition.survey_id", "survey_edition.edition"],
            name="survey_invitation_edition_fk",
        ),
        sa.PrimaryKeyConstraint("program_id", "invitation_id", name=op.f("survey_invitation_pk")),
        sa.UniqueConstraint("program_id", "survey_id", "occasion", name="survey_occasion_asked_once"),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("survey_invitation_customer_ix", "survey_invitation", ["program_id", "customer_id"], unique=False)
    op.create_index(
        "survey_invitation_due_ix",
        "survey_invitation",
        ["program_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(
        "survey_invitation_late_ix",
        "survey_invitation",
        ["program_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(
        "survey_invitation_mail_ix",
        "survey_invitation",
        ["program_id", "mail_id"],
        unique=False,
        postgresql_where=sa.text("mail_id IS NOT NULL"),
    )
    op.create_index(
        "survey_invitation_planned_ix", "survey_invitation", ["program_id", "survey_id", "planned_at"], unique=False
    )
    op.create_index(
        "survey_invitation_remind_ix",
        "survey_invitation",
        ["program_id", "remind_at"],
        unique=False,
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    )
    op.create_index(
        "survey_link_leads_to_one",
        "survey_invitation",
        ["program_id", "token_sha256"],
        unique=True,
        postgresql_where=sa.text("token_sha256 IS NOT NULL"),
    )
    op.create_table(
        "survey_response",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("first_scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("commented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rewarded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.Column("excluded_because", sa.Text(), nullable=True),
        sa.Column("excluded_by", sa.Text(), nullable=True),
        sa.CheckConstraint("award_id IS NULL OR rewarded", name=op.f("survey_response_points_are_flagged")),
        sa.ForeignKeyConstraint(
            ["program_id", "award_id"], ["award.program_id", "award.award_id"], name="survey_response_award_fk"
        ),
        sa.CheckConstraint(
            "(excluded_because IS NULL) = (excluded_by IS NULL)", name=op.f("survey_response_excluded_by_somebody")
        ),
        sa.CheckConstraint(
            "publish_at IS NULL OR comment IS NOT NULL", name=op.f("survey_response_only_comments_are_published")
        ),
        sa.CheckConstraint("score BETWEEN 0 AND 10", name=op.f("survey_response_score_is_0_to_10")),
        sa.CheckConstraint("score_at >= first_scored_at", name=op.f("survey_response_changed_after_the_first")),
        sa.ForeignKeyConstraint(
            ["program_id", "invitation_id"],
            ["survey_invitation.program_id", "survey_invitation.invitation_id"],
            name="survey_response_to_fk",
        ),
        sa.PrimaryKeyConstraint("program_id", "invitation_id", name=op.f("survey_response_pk")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("survey_response_scored_ix", "survey_response", ["program_id", "first_scored_at"], unique=False)
    op.create_table(
        "survey_case",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("award_id IS NULL OR outcome = 'gesture'", name=op.f("survey_case_points_are_a_gesture")),
        sa.CheckConstraint(
            "outcome IN ('solved', 'gesture', 'no_answer', 'not_needed', 'score_changed')",
            name=op.f("survey_case_outcome_is_known"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (closed_at IS NULL)", name=op.f("survey_case_closed_has_an_outcome")),
        sa.ForeignKeyConstraint(
            ["program_id", "award_id"], ["award.program_id", "award.award_id"], name="survey_case_award_fk"
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "invitation_id"],
            ["survey_response.program_id", "survey_response.invitation_id"],
            name="survey_case_of_fk",
        ),
        sa.PrimaryKeyConstraint("program_id", "case_id", name=op.f("survey_case_pk")),
    )
    op.create_index(
        "survey_case_due_ix",
        "survey_case",
        ["program_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("survey_case_of_ix", "survey_case", ["program_id", "invitation_id"], unique=False)
    op.create_index(
        "survey_case_opened_once",
        "survey_case",
        ["program_id", "invitation_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "survey_change",
        sa.Column("program_id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('scored', 'rescored')) = (score IS NOT NULL)", name=op.f("survey_change_scores_are_told")
        ),
        sa.CheckConstraint(
            "kind IN ('scored', 'rescored', 'commented', 'published', 'unpublished', 'excluded', 'included')",
            name=op.f("survey_change_kind_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["program_id", "invitation_id"],
            ["survey_response.program_id", "survey_response.invitation_id"],
            name="survey_change_of_fk",
        ),
        sa.PrimaryKeyConstraint("program_id", "change_id", name=op.f("survey_change_pk")),
    )
    op.create_index("survey_change_of_ix", "survey_change", ["program_id", "invitation_id"], unique=False)
    # What was published and what customers changed stays; an asking and an answer go on; clocks and suppressions go with
    # the person.
    for table in ("survey_policy", "survey_edition", "survey_change"):
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APP_ROLE}")
    for table in ("survey", "survey_invitation", "survey_day", "survey_response", "survey_case"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APP_ROLE}")
    for table in ("survey_clock", "survey_suppression"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}")
    for table in TABLES:
        _tell_the_planner(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
