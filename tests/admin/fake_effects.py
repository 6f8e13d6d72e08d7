"""Verbs about the effect without a database: what is seen is set by a test, what is asked for is kept."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from kpi.impact.accounting import Account
from kpi.impact.comparison import Compared, Comparison
from kpi.impact.facts import EstimateFacts, Inputs, Result
from kpi.impact.halves import SelfTest
from kpi.impact.holdout import Adjusted, Lot, Measured
from kpi.impact.horizon import Findable, Outlook, Past
from kpi.impact.matching import Effect
from kpi.impact.measuring import Measurement, Outcome
from kpi.impact.returns import Costs, Gain, Return, Sales
from kpi.impact.staff import Aim, Effects, Planned
from kpi.objectives.rules import ObjectiveFacts, Progress
from kpi.periods import Days
from loyalty.holdouts.facts import HoldoutFacts
from loyalty.programs.facts import ProgramFacts

_AT = datetime(2018, 4, 1, 9, 0, tzinfo=UTC)
_INPUTS = Inputs(
    method=2, as_of=_AT, timezone="America/New_York", currency="USD", until=date(2018, 1, 1), cuts=(1, 2, 3, 4, 5, 6),
    customers=2469, members=1580, purchases=155_370, net_minor=459_603_958,
)  # fmt: skip
_ZERO, _NAIVE = Effect(900.0, (-1100.0, 2900.0), 100.0), Effect(43162.38, (39655.1, 46669.66), 24144.18)
_BEFORE, _RISEN = Effect(41385.0, (38000.0, 44800.0), 24000.0), Effect(3789.0, (1921.0, 5656.0), 60000.0)
_UNSURE = Effect(1776.67, (-1928.63, 5481.98), 63389.42, (-2213.47, 5766.81))
_SURE = Effect(1700.0, (600.0, 2800.0), 30000.0, (-100.0, 3500.0))


def _scaled(effect: Effect, by: float) -> Effect:
    low, high = effect.ci95
    return Effect(effect.value * by, (low * by, high * by), effect.without * by, effect.cautious)


def estimate(effect: Effect | None, placebo: Effect | None = None) -> EstimateFacts:
    """Tell of an estimate whose checks are all passed, but the first where the placebo leaves zero out."""
    earlier = placebo or _ZERO
    outcomes = {
        name: Compared(None, None, None, earlier)
        if effect is None
        else Compared(*(_scaled(one, by) for one in (effect, effect, _NAIVE, earlier)), before=_scaled(_BEFORE, by))
        for name, by in (("active", 3e-6), ("orders", 1e-4), ("spend", 1.0))
    }
    comparison = Comparison(
        days=17, joined=1404, eligible=1248, matched=1207, others=900,
        differences={"spend": -0.014, "orders": -0.028, "recency": 0.01}, outcomes=outcomes,
    )  # fmt: skip
    tested = SelfTest(200, dict.fromkeys(("active", "orders", "spend"), 189))
    pasts = (Past(26, 2393, 97_100.0, 106_813.0, 0.866),) if effect else ()
    result = Result(_INPUTS, comparison, tested, 4.2, pasts)
    return EstimateFacts(UUID(int=1), "done", 217, 217, result, None, "schedule", _AT, _AT, _AT)


_HOLDOUT = HoldoutFacts(
    UUID(int=7), "running", "salt", 1000, 13, 900, 100, 1, _AT, _AT + timedelta(days=90), "user:1", None, None, _AT
)
_LOT = Lot(900, 100, 0.0, 1.0)
_PLAIN = Measured(1400.0, (600.0, 2300.0), 97100.0)
RUNNING = Measurement(_HOLDOUT, "running", _LOT, {}, _AT)
OVER = Measurement(
    msgspec.structs.replace(_HOLDOUT, state="over"), "over", _LOT,
    {
        "active": Outcome(Measured(0.05, (-0.0529, 0.1494), 0.45)),
        "spend": Outcome(_PLAIN, Adjusted(_PLAIN, 0.9, 0.866)),
    },
    _AT,
)  # fmt: skip
_OBJECTIVE = Progress(
    ObjectiveFacts(UUID(int=9), "retention_rate", "member", Decimal("0.98"), date(2018, 12, 31), date(2018, 1, 1)),
    "on_the_way", 0.94, 0.96, 0.5,
)  # fmt: skip
SEEN = {
    "none": Effects(under_way=msgspec.structs.replace(estimate(None), state="running", done=40, total=200)),
    "few": Effects(estimate(None)),
    "inconclusive": Effects(estimate(_UNSURE, _RISEN), objectives=[_OBJECTIVE]),
    "estimated": Effects(estimate(_SURE)),
    "measured": Effects(estimate(_SURE), measurement=OVER),
    "running": Effects(estimate(_UNSURE), measurement=RUNNING, running=RUNNING, objectives=[_OBJECTIVE]),
    "alarm": Effects(estimate(_UNSURE), measurement=replace(OVER, state="alarm", outcomes={})),
}
GAIN = Gain("estimated", 1700.0, (600.0, 2800.0), Days(date(2017, 10, 3), date(2018, 1, 1)))
PLAN = Planned(2393, Outlook([Findable(13, 0.31, 0.2), Findable(26, 0.21, 0.105)], 26), date(2018, 1, 1))
BOOKS = Account(GAIN, Return(GAIN, 100, Sales(980_000, 20_000, 380_000), Costs(25_000, 10_000, 5_000)))


@dataclass
class FakeEffects:
    """What there is to see; `refusal` is what every verb answers."""

    known: Effects = field(default_factory=Effects)
    plan: Planned = field(default_factory=lambda: Planned(0, Outlook([], None)))
    books: Account | None = None
    refusal: str = ""
    asked: list[tuple[str, object]] = field(default_factory=list)

    async def seen(self, _program: ProgramFacts) -> Effects:
        return self.known

    async def evidence(self, _program: ProgramFacts) -> Effects:
        return msgspec.structs.replace(self.known, objectives=())

    async def account(self, _program: ProgramFacts, _seen: Effects) -> Account | None:
        return self.books

    async def planned(self, _program: ProgramFacts, holdout_bp: int, hoped_for: float) -> Planned:
        self.asked.append(("plan", (holdout_bp, hoped_for)))
        return self.plan

    async def estimate(self, _program: ProgramFacts, _user_id: UUID) -> str:
        return self._did("estimate", None)

    async def cancel(self, _program: ProgramFacts, estimate_id: UUID) -> str:
        return self._did("cancel", estimate_id)

    async def hold_out(self, _program: ProgramFacts, _user_id: UUID, holdout_bp: int, weeks: int) -> str:
        return self._did("hold_out", (holdout_bp, weeks))

    async def stop(self, _program: ProgramFacts, _user_id: UUID, holdout_id: UUID) -> str:
        return self._did("stop", holdout_id)

    async def aim(self, _program: ProgramFacts, _user_id: UUID, aim: Aim) -> str:
        return self._did("aim", aim)

    async def withdraw(self, _program: ProgramFacts, objective_id: UUID) -> str:
        return self._did("withdraw", objective_id)

    def _did(self, what: str, told: object) -> str:
        self.asked.append((what, told))
        return self.refusal


def effects_in(state: str) -> FakeEffects:
    """Give one of the states that an effect may be in, with what the programme brought where that may be told."""
    told = FakeEffects(SEEN[state], PLAN)
    if state in {"estimated", "measured"}:
        told.books = BOOKS
    return told
