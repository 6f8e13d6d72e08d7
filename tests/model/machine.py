"""Hypothesis tells the service and the model the same, moves the clock, and compares everything after every step."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pickle import dumps, loads
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kpi.liability.rules import Stock
from loyalty.database import Database
from loyalty.programs.facts import Source
from loyalty.verify import verify
from tests.liability import closes_every_month
from tests.model.accounts import Account, Hold
from tests.model.commands import (
    Adjust,
    Answer,
    Buy,
    Command,
    Erase,
    Join,
    Look,
    Merge,
    Redeem,
    Refund,
)
from tests.model.drivers import Driver
from tests.model.periods import DEFAULTS, TICK, Policy, day_of, start_of
from tests.model.programme import Programme
from tests.model.rows import SET_CLOCK, differences, expected, stored
from tests.model.strategies import (
    CUSTOMERS,
    Moment,
    customers,
    gifts,
    goods,
    leaps,
    nth,
    policies,
    since,
    starts,
    ticks,
)

KEYED = Redeem | Adjust | Merge
CODES = ("available", "pending", "held", "debt")


@dataclass
class Opened:
    """A programme with a storefront, its key, and rewards by their price."""

    source: Source
    key: str
    rewards: dict[int, UUID]


@dataclass
class World:
    """What examples share: a loop, a database with a frozen clock, and how to open a programme in it."""

    runner: asyncio.Runner
    database: Database
    owner: asyncpg.Connection
    client: httpx.AsyncClient
    open: Callable[[Policy, bool], Awaitable[Opened]]

    def run(self, what: Awaitable[Any]) -> Any:  # noqa: ANN401
        """Wait for something."""

        async def wait() -> Any:  # noqa: ANN401
            return await what

        return self.runner.run(wait())


@dataclass
class Told:
    """What was told, and what was answered; to be told again. `about`: a customer who was known then."""

    command: Command
    answer: Answer
    about: str | None = None
    erased: bool = False


class Ledger(RuleBasedStateMachine):
    """The service and the model, side by side."""

    world: ClassVar[World]

    def drive(self, programme: Opened) -> Driver:
        """Choose the way to the service."""
        raise NotImplementedError

    @initialize(policy=policies, start=starts, since=since, gifts=gifts, many=st.booleans())
    def begin(
        self,
        policy: Policy,
        start: datetime,
        since: tuple[timedelta | None, ...],
        gifts: tuple[int, ...],
        *,
        many: bool,
    ) -> None:
        """Open a programme."""
        self.policy = DEFAULTS | policy
        opened = self.world.run(self.world.open(policy, many))
        self.program = opened.source.program
        self.program_id = self.program.program_id
        self.driver = self.drive(opened)
        self.model = Programme(self.policy, many=many)
        self.clock = start
        self.names: dict[str, str] = {}
        self.told: list[Told] = []
        self.instants: list[datetime] = [start]
        self.written: Any = None
        self.recorded = True
        self.keys = 0
        self.swept = False
        for customer, ago, gift in zip(CUSTOMERS, since, gifts, strict=True):
            if ago is not None:
                self.do(Join(customer, start - ago))
                if gift:
                    self.do(Adjust(customer, gift, self.key()))

    # What is told

    def instant(self, moment: Moment) -> datetime:
        """Give the instant that was meant; not later than now."""
        if isinstance(moment, timedelta):
            return self.clock - moment
        n, midnight, tick = moment
        at = self.instants[-1 - n % len(self.instants)]
        return min((start_of(day_of(at)) if midnight else at) + tick, self.clock)

    def order(self, n: int) -> Buy | None:
        """Give the facts of a purchase that is known."""
        known = [purchase.now for purchase in self.model.purchases.values() if purchase.told is not None]
        return known[n % len(known)] if known else None

    def new_order(self) -> str:
        """Give the first number that no purchase has; a refund of it may have come."""
        known = self.model.purchases
        numbers = (f"o{n}" for n in count(1))
        return next(order for order in numbers if order not in known or known[order].told is None)

    def hold(self, n: int, state: str = "open") -> Hold | None:
        """Give a hold; those in that state rather than others."""
        holds = sorted(self.model.holds.values(), key=lambda hold: (hold.state != state, hold.opened))
        return holds[n % len(holds)] if holds else None

    def due(self) -> bool:
        """Tell whether something has happened by itself that nobody has posted."""
        return any(at <= self.clock for account in self.model.accounts.values() for at in account.dues())

    def key(self) -> str:
        """Give a new Idempotency-Key."""
        self.keys += 1
        return f"key-{self.keys}"

    def do(self, *commands: Command) -> None:
        """Tell the service, then the model; the answers must agree."""
        self.clock += TICK
        answers = self.world.run(self._tell(list(commands)))
        for command, answer in zip(commands, answers, strict=True):
            said = self.model.tell(command, self.clock, answer.name)
            assert answer.word == said, (command, answer, said)
            if said in {"recorded", "parked"}:
                assert answer.at in {self.clock, None}, (command, answer)
                self.recorded = True
            if said == "hold_timed_out":
                # It is posted before it is told, so that no capture decided in time is committed after that.
                self.recorded = self.swept = True
            # Refusals under a key are kept for ever, others are not.
            if answer.at is not None or (isinstance(command, KEYED) and self.driver.keyed and said != "invalid"):
                self.told.append(Told(command, answer, self.about(command)))
            if isinstance(command, Erase) and said == "recorded":
                self.forget(command.customer)

    def about(self, command: Command) -> str | None:
        """Name the customer with whose erasure a pinned answer goes."""
        if not isinstance(command, KEYED):
            return None
        names = [command.into, command.customer] if isinstance(command, Merge) else [command.customer]
        return next((name for name in names if self.model.known(name)), None)

    def forget(self, customer: str) -> None:
        """Expect no answer about a person any more, also under the ids that were merged into this one."""
        for told in self.told:
            if told.about is not None and self.model.root(told.about) == self.model.root(customer):
                told.erased = True

    async def _tell(self, commands: list[Command]) -> list[Answer]:
        await self.world.owner.execute(SET_CLOCK, self.clock)
        if len(commands) == 1:
            return [await self.driver.tell(commands[0])]
        return await self.driver.tell_all([command for command in commands if isinstance(command, Buy)])

    @rule(days=leaps)
    def time_goes_by(self, days: timedelta) -> None:
        """Move the clock on."""
        self.clock += days

    @rule(n=nth, tick=ticks)
    def time_goes_on_to_the_next_thing(self, n: int, tick: timedelta) -> None:
        """Move the clock to where something happens by itself, or a tick before or after it."""
        accounts = self.model.accounts.values()
        to_come = sorted({at for account in accounts for at in account.dues() if at + tick > self.clock})
        if to_come:
            # Telling takes a tick.
            self.clock = to_come[n % min(len(to_come), 3)] + tick - TICK

    @rule(n=nth)
    @precondition(lambda self: self.told)
    def tell_again(self, n: int) -> None:
        """Send what was sent: nothing changes, and the answer is the first one."""
        told = self.told[n % len(self.told)]
        self.again(told)

    def again(self, told: Told) -> None:
        """Send one thing again."""
        if isinstance(told.command, KEYED) and not self.driver.keyed:
            return
        self.clock += TICK
        [answer] = self.world.run(self._tell([told.command]))
        if told.erased:
            word = "answer_erased"
        elif isinstance(told.command, KEYED):
            word = "replayed" if told.answer.word == "recorded" else told.answer.word
        else:
            word = self.model.tell(told.command, self.clock)
        assert answer.word == word, (told, answer, word)
        # Of edits the newest is known by its facts, and what it replaced is stale; both show what stands.
        shows_what_stands = isinstance(told.command, Buy) and told.command.edit
        says_anew = shows_what_stands or word in {"customer_erased", "answer_erased"}
        assert says_anew or answer.body == told.answer.body, (told, answer)

    @rule(n=nth, goods=goods)
    @precondition(lambda self: self.told)
    def contradict(self, n: int, goods: int) -> None:
        """Send other facts under a number that is known."""
        command = self.told[n % len(self.told)].command
        if isinstance(command, Buy) and not command.edit and not command.redemptions and command.goods != goods:
            self.do(replace(command, goods=goods, reward=0))
        if isinstance(command, Refund) and command.goods is not None and command.goods != goods:
            self.do(replace(command, goods=goods))

    @rule(customer=customers)
    def look(self, customer: str) -> None:
        """Read what a member has: as of now, whether or not anything was posted."""
        self.clock += TICK
        shown = self.world.run(self._look(customer))
        root = self.model.root(customer)
        if root in self.model.erased or not self.model.memberships.get(root):
            assert shown is None
            return
        account: Account = loads(dumps(self.model.accounts[root]))  # noqa: S301 - our own
        account.settle(self.clock)
        points = (account.available, account.pending, account.held, account.debt)
        # What cannot be spent yet is shown last.
        in_order = sorted(account.in_order(), key=account.waits)
        lots = [(lot.points, lot.earned, lot.matures, account.end(lot)) for lot in in_order if lot.points]
        assert shown == Look(points, lots), (shown, points, lots)

    async def _look(self, customer: str) -> Look | None:
        await self.world.owner.execute(SET_CLOCK, self.clock)
        return await self.driver.look(customer)

    # What must hold

    @invariant()
    def both_agree(self) -> None:
        """Compare every lot, balance, hold and purchase."""
        before = self.written
        found, self.written = self.world.run(stored(self.world.owner, self.program_id, self.names))
        assert self.recorded or before == self.written, "what was refused or known left a trace"
        self.recorded = False
        for name, row in found.accounts.items():
            # The nightly work may settle an account a little too often, never too seldom.
            if self.swept and name in self.model.accounts:
                self.model.accounts[name].settle(row.settled)
        self.swept = False
        assert not differences(found, expected(self.model)), differences(found, expected(self.model))

    def teardown(self) -> None:
        """Send everything again, and verify everything."""
        if not hasattr(self, "model"):
            return
        for told in self.told:
            self.again(told)
        self.both_agree()
        report = self.world.run(self._verify())
        assert not report.faults, report.faults
        self.world.run(self._close_the_books())

    async def _verify(self) -> Any:  # noqa: ANN401
        async with self.world.database.reader() as connection:
            return await verify(connection, self.program_id)

    async def _close_the_books(self) -> None:
        """Roll the liability forward: it closes every month, and ends with what the model has at this instant."""
        liability = await closes_every_month(self.world.database, self.program)
        accounts: list[Account] = loads(dumps(list(self.model.accounts.values())))  # noqa: S301 - our own
        for account in accounts:
            account.settle(self.clock)
        if liability is None:
            assert not any(account.lots or account.debt for account in accounts)
            return
        closing = liability.periods[-1].roll.closing
        assert closing == Stock(*(sum(getattr(account, code) for account in accounts) for code in CODES))
