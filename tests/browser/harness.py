"""The panel over a fake desk, for the states that the sample does not have."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import structlog
from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec.structs import replace

from admin.app import panel
from tests.admin.fake_costs import some_costs
from tests.admin.fake_desk import FakeDesk, FakeSignedIn, Row, Table, a_program, complete_journey
from tests.admin.fake_effects import SEEN, effects_in
from tests.admin.fake_liability import ENTERED
from tests.admin.fake_opinions import MONTHS, with_opinions
from tests.admin.fake_people import NORA, nora
from tests.admin.fake_pictures import show_pictures
from tests.admin.fake_rewards import FakeRewards
from tests.admin.fake_segments import FakeSegments
from tests.admin.fake_surveys import few, made_up, nothing
from tests.admin.fake_tiers import FakeTiers, on_the_way

SECRET = "harness"
ONLY_FEW = 40


def create_app() -> ASGIApp:
    """Make the panel in every state; the first part of the host chooses one: `http://few.localhost:…`."""
    structlog.configure(processors=[structlog.processors.JSONRenderer()])  # its own drawing of errors takes seconds
    panels: dict[str, Litestar] = {}  # each made when it is first asked for: all of them would take seconds

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        host = dict(scope.get("headers", [])).get(b"host", b"").decode()
        asked = host.partition(".")[0]
        name = asked if asked in _STATES else "several"
        if name not in panels:
            panels[name] = _panel(_STATES[name]())
        await panels[name](scope, receive, send)

    return chosen


def _panel(desk: FakeDesk) -> Litestar:
    desk.sessions[SECRET] = desk.person
    return Litestar([panel(lambda: desk)], openapi_config=None)


def _few() -> Table:
    """Shrink the sample until most differences must not be shown, and widen its intervals."""

    def shrunk(counts: tuple[int, int, float | None, float | None]) -> tuple[int, int, float | None, float | None]:
        num, den, low, high = counts
        if low is None or high is None:
            return (0, 0, None, None)
        wide = (low * 0.9, high * 1.1 if high > 1 else min(1.0, high * 1.02))
        return (num // ONLY_FEW, max(den // ONLY_FEW, 1), *wide)

    return {
        key: {
            period: Row(
                everyone=shrunk(row.everyone),
                member=shrunk(row.member),
                non_member=shrunk(row.non_member),
                difference=row.difference,
                counts={name: count // ONLY_FEW for name, count in row.counts.items()},
            )
            for period, row in rows.items()
        }
        for key, rows in complete_journey().items()
    }


def _counted() -> Table:
    """Add the number of purchases, which the baskets are divided by."""

    def purchases(counts: tuple[int, int, float | None, float | None]) -> tuple[int, int, None, None]:
        return (counts[1], 0, None, None)

    table = complete_journey()
    orders = {
        period: Row(purchases(row.everyone), purchases(row.member), purchases(row.non_member))
        for period, row in table["aov"].items()
    }
    return {**table, "orders": orders}


def _with_effect(state: str) -> FakeDesk:
    return FakeDesk(effects=effects_in(state))


_STATES: dict[str, Callable[[], FakeDesk]] = {
    "few": lambda: FakeDesk(table=_few()),
    "partial": lambda: FakeDesk(partial="2017-12", now=datetime(2017, 12, 12, 17, tzinfo=UTC)),
    "empty": lambda: FakeDesk(table={key: {} for key in complete_journey()}),
    "broken": lambda: FakeDesk(broken=True),
    "analyst": lambda: FakeDesk(person=FakeSignedIn(role="analyst")),
    "pending": lambda: FakeDesk(pending=3),
    "bare": lambda: FakeDesk(
        table={key: rows for key, rows in complete_journey().items() if key != "orders_per_active"}
    ),
    "pictures": lambda: show_pictures(FakeDesk()),
    "opinions": lambda: FakeDesk(table=with_opinions(MONTHS)),
    "points": lambda: FakeDesk(points=ENTERED),
    "counted": lambda: FakeDesk(table=_counted(), partial="2017-12", now=datetime(2017, 12, 12, 17, tzinfo=UTC)),
    "costs": lambda: FakeDesk(
        table={key: rows for key, rows in complete_journey().items() if key != "cac"}, costs=some_costs()
    ),
    "nobody": lambda: FakeDesk(
        people_listed=[],
        segments=FakeSegments(kept={}, people=[]),
        rewards=FakeRewards(kept={}, takers=[]),
        tiers=FakeTiers(scheme=None),
        surveys=nothing(),
    ),
    "simulated": lambda: FakeDesk(surveys=made_up()),
    "indicative": lambda: FakeDesk(surveys=few(12)),
    "toofew": lambda: FakeDesk(surveys=few(4)),
    "tiered": lambda: FakeDesk(pages={NORA: replace(nora(), tier=on_the_way())}),
    **{f"effect-{state}": partial(_with_effect, state) for state in SEEN},
    "unset": lambda: FakeDesk(listed=[]),
    "several": lambda: FakeDesk(
        listed=[
            a_program(),
            a_program(2, "Maison Verger", currency="EUR", timezone="Europe/Paris", data_origin=None),
            a_program(3, "A programme with a rather long name", currency="GBP", timezone="Europe/London"),
        ]
    ),
}
