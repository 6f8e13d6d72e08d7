"""`make bench-surveys`: a batch of invitations, from purchases to mails, by workers that are killed in the middle.

`--invitations N` (5,000), of which `--mails N` (all) are sent at the end. Planning, deciding and sending are timed
apart, each by how many a second the database or the mail server saw; sending is held against the bare client with the
same mails in the same run. Every mail is counted at the mail server: one killed worker may send one mail twice, and no
customer may be left out.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

import migrations
from benchmarks.__main__ import at
from benchmarks.imports import memory_kb
from benchmarks.report import Comparison, Figure, show
from loyalty.background import register_consumers
from loyalty.clock import utc_now
from loyalty.customers.facts import Profile
from loyalty.database import Database, Tx, connect, write
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.embedded import Servers, acquire
from loyalty.jobs.job import Desk
from loyalty.mail.facts import Letter
from loyalty.mail.rules import compose
from loyalty.mail.server import conversation, mail_server
from loyalty.mail.tasks import work_off
from loyalty.outbox.consumer import registered
from loyalty.outbox.queries import waiting
from loyalty.outbox.tasks import drain
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.purchases.actions import record_purchases
from loyalty.purchases.facts import NewPurchase
from loyalty.settings import Settings
from surveys.invitations.planning import CONSUMER
from surveys.invitations.tasks import send_due
from surveys.plans import actions
from surveys.plans.content import Content
from surveys.plans.policy import Policy

_BATCH = 1_000
_MOST_BARE = 1_000
_PORT = 18_125
_MB = 1024
_FLAT = 1.5
_LOOK_SECONDS = 0.2
_LOOKING_SHARE = 0.05
_SENDER = "bench@loyalty.example"
# What each phase has done, as the database sees it.
_DONE = {
    "plan": "SELECT count(*) FROM survey_invitation",
    "decide": "SELECT count(*) FROM survey_invitation WHERE state = 'sent'",
    "post": "SELECT count(*) FROM mail WHERE state = 'sent'",
}
# The others wait for a day that never comes.
_MAILS = """
UPDATE mail SET next_at = 'infinity' WHERE mail_id > (SELECT mail_id FROM mail ORDER BY mail_id LIMIT 1 OFFSET $1)
"""
# A killed worker's jobs and letters are taken again when their time has run out; here nobody waits for that.
_GO_ON = "UPDATE mail SET next_at = clock_timestamp() WHERE state = 'queued' AND next_at < 'infinity'"


class Postbox:
    """A mail server that writes down to whom each mail went, and forgets the rest."""

    def __init__(self, path: Path) -> None:
        """Begin a list."""
        self._file = path.open("a", buffering=1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        """Take a mail over."""
        self._file.write(f"{envelope.rcpt_tos[0]}\n")
        return "250 OK"


@dataclass
class Watch:
    """Looks at how far a phase is and how much memory its worker has."""

    owner: asyncpg.Connection
    phase: str
    samples: list[tuple[float, int, int, int]] = field(default_factory=list)

    async def until(self, worker: "subprocess.Popen[bytes]", many: int) -> int:
        """Wait until so many are done; tells how many are."""
        while True:
            began = time.monotonic()
            done: int = await self.owner.fetchval(_DONE[self.phase])
            took = time.monotonic() - began
            self.samples.append((time.monotonic(), done, memory_kb(worker.pid), worker.pid))
            if done >= many:
                return done
            if worker.poll() not in {None, 0}:
                raise AssertionError(self.phase, worker.returncode)
            # Looking costs a count of everything, on the same two cores.
            await asyncio.sleep(max(_LOOK_SECONDS, took / _LOOKING_SHARE))

    def rates(self) -> list[float]:
        """Tell how many a second each worker did, from the first that it did to the last."""
        return [many / seconds for many, seconds in self._spans()]

    def rate(self) -> float:
        """Tell how many a second were done by all."""
        spans = self._spans()
        return sum(many for many, _ in spans) / sum(seconds for _, seconds in spans)

    def _spans(self) -> list[tuple[int, float]]:
        """Tell what each did in what time. What a worker does in one commit has no span: its start is counted in."""
        spans = []
        for worker in dict.fromkeys(sample[3] for sample in self.samples):
            seen = [sample for sample in self.samples if sample[3] == worker]
            began = next(n for n, sample in enumerate(seen) if sample[1] > seen[0][1])
            first = seen[began] if seen[-1][1] > seen[began][1] else seen[0]
            spans.append((seen[-1][1] - first[1], seen[-1][0] - first[0]))
        return spans

    @property
    def most_kb(self) -> int:
        """Tell the most memory at any time."""
        return max(sample[2] for sample in self.samples)

    def early_kb(self, of: int) -> int:
        """Tell the memory when a tenth was done."""
        return next(memory for _, done, memory, _ in self.samples if done >= of / 10)


@contextmanager
def child(*told: str, **env: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a part of the benchmark as a process of its own."""
    with subprocess.Popen([sys.executable, "-m", "benchmarks.surveys", *told], env={**os.environ, **env}) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(15)


async def _work(phase: str) -> None:
    """Be a worker that does one phase to its end."""
    register_consumers()
    settings = Settings()
    async with connect(settings, settings.database_url or "") as database:
        desk = Desk(database, 1, uuid4(), 1, utc_now())
        [consumer] = [one for one in registered() if one.name == CONSUMER]
        if phase == "decide":
            await send_due(desk)
        elif phase == "post":
            await work_off(database, 1, settings)
        else:
            async with database.reader() as connection:
                more = await waiting(connection, CONSUMER, [1])
            while more:
                await drain(consumer, desk)
                async with database.reader() as connection:
                    more = await waiting(connection, CONSUMER, [1])


async def _shop(database: Database, invitations: int) -> None:
    """Make a programme with a survey, and let as many customers buy, just now."""
    async with database.session() as session:
        program = await start_program(session, "Asked", timezone="Europe/Paris", currency="EUR")
        storefront, _ = await ensure_storefront(session, program.program_id, "shop")
    source, cache = Source(program, storefront.storefront_id, "default", "bench", "bench"), RulesCache()

    async def publish(tx: Tx, _: object) -> list[None]:
        await actions.publish_policy(tx.connection, program.program_id, Policy(), "bench")
        content = Content("Asked", {"kind": "after_purchase", "days": 0})
        survey = await actions.draft_survey(tx.connection, program.program_id, content, "bench")
        await actions.publish_survey(tx.connection, program.program_id, survey.survey_id, "bench")
        return [None]

    async def buy(tx: Tx, items: Sequence[NewPurchase]) -> list[Any]:
        return await record_purchases(tx, source, cache, items)

    await write(database, publish, [None], whole=True)
    for first in range(0, invitations, _BATCH):
        now = utc_now() - timedelta(seconds=1)
        items = [
            NewPurchase(f"o{n}", now, "EUR", 5_000, external_id=f"c{n}", profile=_profile(n))
            for n in range(first, min(first + _BATCH, invitations))
        ]
        if any(isinstance(one, Exception) for one in await write(database, buy, items)):
            raise AssertionError


def _profile(number: int) -> Profile:
    return Profile(email=f"c{number}@example.org", language="fr" if number % 2 else "en", consent={"surveys": True})


async def _bare(url: str, letters: Sequence[Letter]) -> float:
    """Send the same mails with the client alone; tells the mails a second."""
    mails = [compose(letter, _SENDER, uuid4(), utc_now()) for letter in letters]
    began = time.monotonic()
    async with conversation(mail_server(url)) as client:
        for mail in mails:
            await client.sendmail(mail.sender, mail.to, mail.content)
    return len(mails) / (time.monotonic() - began)


async def _phase(
    owner: asyncpg.Connection,
    phase: str,
    of: int,
    env: dict[str, str],
    between: Callable[[], Awaitable[object]],
) -> tuple[Watch, int]:
    """Do a phase by two workers of which the first is killed in the middle; tells how far it was then."""
    watch = Watch(owner, phase)
    with child("--work", phase, **env) as first:
        half = await watch.until(first, of // 2)
        first.send_signal(signal.SIGKILL)
    await between()
    with child("--work", phase, **env) as second:
        await watch.until(second, of)
        second.wait(600)
    return watch, half


async def measure(servers: Servers, invitations: int, mails: int, folder: Path) -> None:
    """Have everybody asked, and count what the mail server got."""
    owner = await asyncpg.connect(servers.database_url)
    await owner.execute("CREATE DATABASE asked")
    await owner.close()
    url, smtp, list_file = at(servers.database_url, "asked"), f"smtp://127.0.0.1:{_PORT}", folder / "mails.txt"
    await migrations.upgrade(url)
    owner = await asyncpg.connect(url)
    register_consumers()
    async with connect(Settings(), url) as database:
        await _shop(database, invitations)
    env = {"DATABASE_URL": url, "SMTP_URL": smtp, "LOYALTY_LINK_KEYS": "k" * 32, "LOYALTY_MAIL_FROM": _SENDER}

    bare: list[float] = []

    async def go_on() -> None:
        await owner.execute(_GO_ON)

    async def in_turn() -> None:
        # Each half beside a round of the peer: others may keep the machine busy for a while.
        bare.append(await _bare(smtp, letters))
        await go_on()

    with child("--post", str(list_file)):
        planned, killed_planning = await _phase(owner, "plan", invitations, env, go_on)
        decided, killed_deciding = await _phase(owner, "decide", invitations, env, go_on)
        rows = await owner.fetch("SELECT letter::text FROM mail ORDER BY mail_id LIMIT $1", _MOST_BARE)
        letters = [msgspec.json.decode(row[0], type=Letter) for row in rows]
        await owner.execute(_MAILS, mails - 1)
        posted, killed_posting = await _phase(owner, "post", mails, env, in_turn)
        await in_turn()
        sent = Counter(list_file.read_text().split())
        sent.subtract(letter.to for letter in letters * len(bare))
    twice = sum(many - 1 for many in sent.values())
    if len(sent) != mails or await owner.fetchval(_DONE["decide"]) != invitations:
        raise AssertionError(len(sent))
    most = max(watch.most_kb for watch in (planned, decided, posted))
    of = ((planned, invitations), (decided, invitations), (posted, mails))
    early = max(watch.early_kb(many) for watch, many in of)
    figures = [
        Figure("planning: events into invitations", f"{planned.rate():,.0f} a second"),
        Figure("deciding: invitations into letters, in batches", f"{decided.rate():,.0f} a second"),
        Figure(
            "worker's memory",
            f"{early // _MB} MB after a tenth, {most // _MB} MB at most",
            f"≤ {_FLAT}",
            most <= early * _FLAT,
        ),
        Figure(
            "after kill -9 while planning, deciding and sending",
            f"killed after {killed_planning:,}, {killed_deciding:,} and {killed_posting:,}; everybody has a mail",
        ),
        Figure("mails sent twice", f"{twice} with 3 kills, 1 of them while sending", "≤ 1", twice <= 1),
    ]
    name = f"sending {mails:,} of {invitations:,} survey mails over SMTP"
    show([Comparison(name, "mails", "the bare SMTP client, the same mails", posted.rates(), bare)], figures)
    await owner.close()


def _post(path: Path) -> None:
    """Be the mail server, until it is ended."""
    Controller(Postbox(path), hostname="127.0.0.1", port=_PORT).start()
    signal.pause()


def main() -> None:
    """Measure on embedded servers of our own, with durable commits."""
    options = argparse.ArgumentParser(prog="make bench-surveys", description=__doc__)
    options.add_argument("--invitations", type=int, default=5_000)
    options.add_argument("--mails", type=int, help="Send so many of them.")
    options.add_argument("--work", choices=sorted(_DONE), help="Be the worker of one phase; the benchmark asks.")
    options.add_argument("--post", type=Path, help="Be the mail server; the benchmark asks.")
    asked = options.parse_args()
    if asked.work:
        asyncio.run(_work(asked.work))
    elif asked.post:
        _post(asked.post)
    else:
        with (
            tempfile.TemporaryDirectory() as home,
            tempfile.TemporaryDirectory() as folder,
            acquire(Path(home)) as servers,
        ):
            asyncio.run(measure(servers, asked.invitations, asked.mails or asked.invitations, Path(folder)))


if __name__ == "__main__":
    main()
