"""The service's health in words: what needs somebody, first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from admin.csv_file import Cell
from admin.format import Format
from admin.health.seen import HealthSeen
from loyalty.i18n import mark
from loyalty.jobs.queries import Standing
from loyalty.programs.facts import ProgramFacts

# A worker says every ten seconds that it is there; what waits is handed over within seconds, and counted in minutes.
_AWAY_AFTER, _LATE_AFTER = timedelta(minutes=1), timedelta(minutes=15)
_STALE_AFTER = timedelta(hours=36)
_ALIVE, _SEAL, _AUDIT = "worker.alive", "points.seal", "kpi.audit"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_TWO = 2
# By job; those that hand events over are told by what they begin with.
_JOBS = {
    _ALIVE: mark("The worker says that it is there"),
    "account_page.clean_up": mark("Deletes links to members’ pages that have ended"),
    "auth.clean_up": mark("Deletes sessions and links that have ended"),
    "backtests.work_off": mark("Runs back-tests"),
    "deeds.birthdays": mark("Gives points for birthdays"),
    "exports.work_off": mark("Writes exports"),
    "holdouts.draw": mark("Draws who is held out"),
    "idempotency.forget_bodies": mark("Forgets old answers of the API"),
    "impact.measure": mark("Reads what holdouts measured"),
    "impact.monthly": mark("Asks for the month’s estimate"),
    "impact.work_off": mark("Estimates the programme’s effect"),
    "imports.clean_up": mark("Deletes files that were brought in"),
    "imports.work_off": mark("Brings files in"),
    "kpi.take_snapshots": mark("Counts intervals of key figures"),
    _AUDIT: mark("Recounts key figures another way"),
    "kpi.work_off": mark("Counts key figures of changed days"),
    "mail.deliver": mark("Sends letters"),
    _SEAL: mark("Seals the points’ ledger"),
    "points.settle_due": mark("Lets points mature and expire"),
    "points.warn": mark("Finds points that soon expire"),
    "purchases.tell_of_parked": mark("Finds refunds without a purchase"),
    "referrals.decide": mark("Decides referrals"),
    "refusals.sweep": mark("Deletes old refused calls"),
    "segments.refresh": mark("Counts segments"),
    "surveys.send": mark("Sends surveys and reminders"),
    "tiers.review": mark("Reviews tiers"),
}

State = Literal["well", "runs", "fails", "new"]


@dataclass(frozen=True)
class Fact:
    """One thing to look at. `fine`: nobody has to do anything; `advice` says what, otherwise."""

    name: str
    value: str
    note: str
    fine: bool
    advice: str = ""


@dataclass(frozen=True)
class Row:
    """A job. `error` is what it last said, in the service's English; "" once it has succeeded since."""

    name: str
    key: str
    state: State
    said: str
    succeeded: str
    following: str
    error: str


@dataclass(frozen=True)
class HealthPage:
    """The page. `fine`: all is well; `answer` says so in a sentence."""

    fine: bool
    answer: str
    facts: Sequence[Fact]
    rows: Sequence[Row]


def make_page(program: ProgramFacts, seen: HealthSeen, now: datetime, f: Format) -> HealthPage:
    """Put it into words."""
    by_name = {job.job: job for job in seen.jobs}
    facts = [
        _worker(by_name.get(_ALIVE), now, f),
        _events(seen, now, f),
        _figures(seen, now, f),
        _checks(by_name, now, program, f),
    ]
    rows = [_row(job, program, f) for job in seen.jobs if job.job != _ALIVE]
    failing = sum(row.state == "fails" for row in rows)
    wrong = failing + sum(not fact.fine for fact in facts)
    words = f.words
    answer = (
        words.gettext("Everything runs.")
        if not wrong
        else words.ngettext("%(n)s thing needs somebody.", "%(n)s things need somebody.", wrong, n=f.number(wrong))
    )
    rows.sort(key=lambda row: (row.state != "fails", row.state != "runs", row.name.casefold()))
    return HealthPage(not wrong, answer, facts, rows)


def jobs_table(shown: HealthPage, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the jobs as a table, with what each last said."""
    words = f.words
    header = [
        words.gettext("What it does"),
        words.gettext("Name"),
        words.gettext("State"),
        words.gettext("Last success"),
        words.gettext("Next"),
        words.gettext("Error"),
    ]
    return header, [[row.name, row.key, row.said, row.succeeded, row.following, row.error] for row in shown.rows]


def ago(since: timedelta, f: Format) -> str:
    """Say how long something is ago, in its largest unit."""
    words, seconds = f.words, max(0, int(since.total_seconds()))
    if seconds < _TWO * _MINUTE:
        return words.ngettext("%(n)s second", "%(n)s seconds", seconds, n=f.number(seconds))
    if seconds < _TWO * _HOUR:
        return words.ngettext("%(n)s minute", "%(n)s minutes", seconds // _MINUTE, n=f.number(seconds // _MINUTE))
    if seconds < _TWO * _DAY:
        return words.ngettext("%(n)s hour", "%(n)s hours", seconds // _HOUR, n=f.number(seconds // _HOUR))
    return words.ngettext("%(n)s day", "%(n)s days", seconds // _DAY, n=f.number(seconds // _DAY))


def _worker(alive: Standing | None, now: datetime, f: Format) -> Fact:
    words = f.words
    last = alive.last_succeeded_at if alive else None
    if last is None:
        value, fine = words.gettext("Never seen"), False
    else:
        fine = now - last <= _AWAY_AFTER
        value = words.gettext("There") if fine else words.gettext("Away for %(time)s", time=ago(now - last, f))
    advice = words.gettext("Purchases are recorded all the same; all else waits. Start it: loyalty worker")
    return Fact(words.gettext("Worker"), value, words.gettext("does what is done later"), fine, "" if fine else advice)


def _events(seen: HealthSeen, now: datetime, f: Format) -> Fact:
    words = f.words
    waiting = sum(one.events for one in seen.consumers)
    since = min((one.since for one in seen.consumers if one.since), default=None)
    note = words.gettext("handed over to key figures, referrals and surveys")
    if since is None:
        return Fact(words.gettext("Events that wait"), f.number(0), note, fine=True)
    fine = now - since <= _LATE_AFTER
    oldest = words.gettext("the oldest for %(time)s", time=ago(now - since, f))
    advice = "" if fine else words.gettext("They are handed over once the worker is there, in their order.")
    return Fact(words.gettext("Events that wait"), f.number(waiting), oldest, fine, advice)


def _figures(seen: HealthSeen, now: datetime, f: Format) -> Fact:
    words, name = f.words, f.words.gettext("Key figures")
    if not seen.dirty_days or seen.dirty_since is None:
        return Fact(name, words.gettext("Up to date"), words.gettext("no day is to be counted anew"), fine=True)
    days = words.ngettext("%(n)s day behind", "%(n)s days behind", seen.dirty_days, n=f.number(seen.dirty_days))
    fine = now - seen.dirty_since <= _LATE_AFTER
    advice = "" if fine else words.gettext("Figures are shown as they were; they are counted anew by the worker.")
    return Fact(name, days, words.gettext("for %(time)s", time=ago(now - seen.dirty_since, f)), fine, advice)


def _checks(by_name: dict[str, Standing], now: datetime, program: ProgramFacts, f: Format) -> Fact:
    words = f.words
    told = [(by_name[name], name) for name in (_SEAL, _AUDIT) if name in by_name]
    succeeded = [job.last_succeeded_at for job, _ in told if job.last_succeeded_at]
    name, note = words.gettext("Last check"), words.gettext("the ledger is sealed, and figures are recounted, at night")
    if not succeeded:
        # A young programme has not had its first night.
        young = now - program.created_at <= _STALE_AFTER
        return Fact(name, words.gettext("None yet"), note, young, "" if young else words.gettext("See the jobs below."))
    oldest = min(succeeded)
    fine = now - oldest <= _STALE_AFTER
    return Fact(
        name,
        f.instant(max(succeeded), program.timezone),
        note,
        fine,
        "" if fine else words.gettext("See the jobs below."),
    )


def _row(job: Standing, program: ProgramFacts, f: Format) -> Row:
    words = f.words
    state: State = "well"
    if job.runs:
        state = "runs"
    elif job.attempts and job.last_failed_at:
        state = "fails"
    elif job.last_succeeded_at is None:
        state = "new"
    said = {
        "well": words.gettext("Well"),
        "runs": words.gettext("Running"),
        "fails": words.ngettext(
            "Failed %(n)s time", "Failed %(n)s times", max(1, job.attempts), n=f.number(max(1, job.attempts))
        ),
        "new": words.gettext("Not yet"),
    }[state]
    succeeded = job.last_succeeded_at
    return Row(
        name=job_name(job.job, f),
        key=job.job,
        state=state,
        said=said,
        succeeded=f.instant(succeeded, program.timezone) if succeeded else words.gettext("Never"),
        following=f.instant(job.next_at, program.timezone),
        error=job.last_error or "" if state == "fails" else "",
    )


def job_name(key: str, f: Format) -> str:
    """Say what a job does; one that hands events over says to whom."""
    if key in _JOBS:
        return f.words.gettext(_JOBS[key])
    room, _, consumer = key.partition(".")
    if room == "outbox":
        return f.words.gettext("Hands events over: %(consumer)s", consumer=consumer)
    return key
