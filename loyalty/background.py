"""What goes on in the background, in one place for all doors: every job, and every consumer of events.

The doors alone may look up the stairs, and they must agree: an event is kept for a consumer only by a process that
knows it, and handed over only by a worker that does.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import kpi.inputs.forgetting  # noqa: F401 - registers how a person is forgotten there, and exported
import loyalty.account_page.forgetting  # the same
import loyalty.exports.queries  # the same
import loyalty.members.balances  # the same
import loyalty.purchases.counting  # registers what purchases count towards tiers
import loyalty.purchases.referring
import loyalty.rewards.referring  # noqa: F401 - hands down what referrals ask of rewards
import surveys.answers.forgetting  # the same
import surveys.results.forgetting  # noqa: F401 - registers how a person is forgotten there
from kpi.audit.tasks import audit_nightly
from kpi.impact.actions import JOB as ESTIMATES
from kpi.impact.actions import MEASURING
from kpi.impact.actions import MONTHLY as MONTHLY_ESTIMATES
from kpi.impact.keeping import measure_due
from kpi.impact.tasks import monthly as ask_for_estimate
from kpi.impact.tasks import work_off as work_off_estimates
from kpi.rollup.marks import mark_days
from kpi.rollup.taking import take_snapshots
from kpi.rollup.taking import waiting as intervals_wanted
from kpi.rollup.tasks import waiting as dirty_days
from kpi.rollup.tasks import work_off
from kpi.rollup.work import CONSUMER as KPI
from kpi.rollup.work import rebuild
from loyalty.account_page.tasks import clean_up as clean_up_links
from loyalty.auth.tasks import clean_up
from loyalty.backtests.actions import JOB as BACKTESTS
from loyalty.backtests.tasks import work_off as work_off_backtests
from loyalty.database import Connection
from loyalty.deeds.tasks import birthdays
from loyalty.exports.actions import JOB as EXPORTS
from loyalty.exports.kind import KINDS as EXPORT_KINDS
from loyalty.exports.tasks import work_off as work_off_exports
from loyalty.holdouts.actions import JOB as LOTS
from loyalty.holdouts.tasks import draw_lots
from loyalty.idempotency.tasks import forget_bodies
from loyalty.imports.kind import KINDS as IMPORTS
from loyalty.imports.sending import JOB as IMPORT
from loyalty.imports.tasks import clean_up as clean_up_imports
from loyalty.imports.tasks import work_off as work_off_imports
from loyalty.jobs.job import Every, Job, Nightly
from loyalty.mail.queries import waiting as letters
from loyalty.mail.tasks import DELIVER, deliver
from loyalty.outbox.consumer import register_consumer, registered
from loyalty.outbox.tasks import drain_of
from loyalty.points.tasks import seal, settle_due, warn
from loyalty.programs.queries import all_programs
from loyalty.purchases.tasks import tell_of_parked
from loyalty.referrals.tasks import CONSUMER as REFERRALS
from loyalty.referrals.tasks import note_news
from loyalty.referrals.tasks import work_off as decide_referrals
from loyalty.referrals.work import waiting as referrals_to_decide
from loyalty.refusals.tasks import sweep as sweep_refusals
from loyalty.segments.actions import REFRESH
from loyalty.segments.condition import CONDITIONS
from loyalty.segments.tasks import HOUR as SEGMENTS_AT
from loyalty.segments.tasks import refresh_segments
from loyalty.tiers.actions import REVIEW
from loyalty.tiers.tasks import review
from surveys.invitations.planning import CONSUMER as SURVEYS
from surveys.invitations.planning import plan_from_events, wants_news
from surveys.invitations.queries import waiting as surveys_due
from surveys.invitations.tasks import SEND as SEND_SURVEYS
from surveys.invitations.tasks import send_due

# `loyalty/jobs/__init__.py` tells how to add one.
JOBS = (
    Job("account_page.clean_up", Nightly(hour=3), clean_up_links, per_program=True),
    Job("auth.clean_up", Every(3600), clean_up),
    # What a killed worker left is found again when its lease has run out.
    Job(BACKTESTS, Every(600), work_off_backtests, per_program=True, longest_seconds=6 * 3600),
    # Once the points of the day before are settled, which the job of every minute does.
    Job("deeds.birthdays", Nightly(hour=0), birthdays, per_program=True, longest_seconds=3600),
    Job(EXPORTS, Every(600), work_off_exports, per_program=True, longest_seconds=6 * 3600),
    Job(LOTS, Every(600), draw_lots, per_program=True, longest_seconds=3600),
    Job("idempotency.forget_bodies", Nightly(hour=3), forget_bodies),
    Job("imports.clean_up", Every(3600), clean_up_imports, per_program=True),
    Job(IMPORT, Every(600), work_off_imports, per_program=True, longest_seconds=24 * 3600),
    # Every night, and does something in the first of a month.
    Job(MONTHLY_ESTIMATES, Nightly(hour=2), ask_for_estimate, per_program=True),
    Job(MEASURING, Every(600), measure_due, per_program=True, longest_seconds=3600),
    Job(ESTIMATES, Every(600), work_off_estimates, per_program=True, longest_seconds=6 * 3600),
    Job(
        "kpi.take_snapshots",
        Every(600),
        take_snapshots,
        per_program=True,
        waiting=intervals_wanted,
        longest_seconds=3600,
    ),
    Job("kpi.audit", Nightly(hour=5), audit_nightly, per_program=True, longest_seconds=3600),
    Job("kpi.work_off", Every(600), work_off, per_program=True, waiting=dirty_days),
    Job(DELIVER, Every(600), deliver, per_program=True, waiting=letters, longest_seconds=1800),
    Job("points.seal", Nightly(hour=4), seal, per_program=True, longest_seconds=3600),
    Job("points.settle_due", Every(60), settle_due, per_program=True),
    Job("points.warn", Nightly(hour=1), warn, per_program=True),
    Job("purchases.tell_of_parked", Every(600), tell_of_parked, per_program=True),
    Job("referrals.decide", Every(60), decide_referrals, per_program=True, waiting=referrals_to_decide),
    Job("refusals.sweep", Every(3600), sweep_refusals, per_program=True),
    Job(REFRESH, Nightly(hour=SEGMENTS_AT), refresh_segments, per_program=True, longest_seconds=3600),
    Job(SEND_SURVEYS, Every(60), send_due, per_program=True, waiting=surveys_due, longest_seconds=3600),
    Job(REVIEW, Nightly(hour=0), review, per_program=True, longest_seconds=3600),
)

# Conditions of segments that read what rooms above the segments' store.
for home in ("loyalty.points.conditions", "loyalty.purchases.conditions"):
    CONDITIONS.add_home(home)
# Kinds of files that rooms above the imports and exports register.
IMPORTS.add_home("kpi.inputs.kinds")
IMPORTS.add_home("surveys.invitations.kinds")
EXPORT_KINDS.add_home("surveys.results.kinds")


def register_consumers() -> None:
    """Register everybody who is told of events, and of which. Twice does nothing."""
    register_consumer(KPI, mark_days, rebuild)
    register_consumer(REFERRALS, note_news)
    register_consumer(SURVEYS, plan_from_events, wants=wants_news)


def all_jobs() -> list[Job]:
    """Give every job, with those that hand events over."""
    register_consumers()
    return [*JOBS, *(drain_of(consumer) for consumer in registered())]


async def zones(connection: Connection) -> Mapping[int, ZoneInfo]:
    """Tell which programmes there are, and in which zone each has its nights."""
    return {program.program_id: program.zone for program in await all_programs(connection)}
