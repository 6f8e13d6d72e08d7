"""The effect in the panel: the card in every state, the pages beside it, and what their forms ask for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from kpi.impact.comparison import Compared, Comparison
from kpi.impact.facts import EstimateFacts, Inputs, Result
from kpi.impact.halves import SelfTest
from kpi.impact.holdout import Adjusted, Lot, Measured
from kpi.impact.horizon import Findable, Outlook
from kpi.impact.matching import Effect
from kpi.impact.measuring import Measurement, Outcome
from kpi.impact.staff import Aim, Effects, Planned
from kpi.objectives.rules import ObjectiveFacts, Progress
from loyalty.holdouts.facts import HoldoutFacts
from tests.admin.asking import post, text_of
from tests.admin.conftest import IMPACT
from tests.admin.fake_desk import FakeDesk

MAY = f"{IMPACT}?period=2017-05"
_AT = datetime(2018, 4, 1, 9, 0, tzinfo=UTC)
_INPUTS = Inputs(
    method=2, as_of=_AT, timezone="America/New_York", currency="USD", until=date(2018, 1, 1), cuts=(1, 2, 3, 4, 5, 6),
    customers=2469, members=1580, purchases=155_370, net_minor=459_603_958,
)  # fmt: skip
_ZERO, _NAIVE = Effect(0.0, (-1.0, 1.0), 100.0), Effect(43162.38, (39655.1, 46669.66), 24144.18)
_UNSURE = Effect(1776.67, (-1928.63, 5481.98), 63389.42, (-2213.47, 5766.81))
_SURE = Effect(1700.0, (600.0, 2800.0), 30000.0, (-100.0, 3500.0))


def estimate(effect: Effect | None) -> EstimateFacts:
    """Tell of an estimate whose gates are all passed."""
    compared = Compared(effect, effect, _NAIVE if effect else None, _ZERO)
    comparison = Comparison(
        days=17, joined=1404, eligible=1248, matched=1207, others=900,
        differences={"spend": -0.014, "orders": -0.028, "recency": 0.01},
        outcomes=dict.fromkeys(("active", "orders", "spend"), compared),
    )  # fmt: skip
    tested = SelfTest(200, dict.fromkeys(("active", "orders", "spend"), 189))
    return EstimateFacts(
        UUID(int=1), "done", 217, 217, Result(_INPUTS, comparison, tested, 4.2), None, "schedule", _AT, _AT, _AT
    )


_HOLDOUT = HoldoutFacts(
    UUID(int=7), "running", "salt", 1000, 13, 900, 100, 1, _AT, _AT + timedelta(days=90), "user:1", None, None
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
OBJECTIVE = Progress(
    ObjectiveFacts(UUID(int=9), "retention_rate", "member", Decimal("0.98"), date(2018, 12, 31), date(2018, 1, 1)),
    "on_the_way", 0.94, 0.96, 0.5,
)  # fmt: skip
SEEN = {
    "none": Effects(under_way=msgspec.structs.replace(estimate(None), state="running", done=40, total=200)),
    "few": Effects(estimate(None)),
    "inconclusive": Effects(estimate(_UNSURE), measurement=RUNNING, objectives=[OBJECTIVE]),
    "estimated": Effects(estimate(_SURE)),
    "measured": Effects(estimate(_SURE), measurement=OVER),
    "alarm": Effects(estimate(_UNSURE), measurement=replace(OVER, state="alarm", outcomes={})),
}
# What is said in each state, and what must not be.
SAYS = {
    "none": ("We cannot say yet.", "An estimate is being made: 20%."),
    "few": ("Too few data", "could be compared with anybody alike"),
    "inconclusive": ("4 of 4 checks pass. The interval contains zero.", "24.3 times larger", "on the way, 50%"),
    "estimated": ("Probably: +$17.00 per member in 90 days, estimated.", "A more cautious interval"),
    "measured": ("Measured: +$14.00 per customer in 90 days.", "+$6.00 to +$23.00, measured."),
    "alarm": ("Alarm: the lot is broken",),
}


@pytest.mark.parametrize("state", SEEN)
def test_the_card_says_what_is_known_and_no_more(inside: TestClient[Litestar], desk: FakeDesk, state: str) -> None:
    desk.effects.known = SEEN[state]
    told = text_of(inside.get(MAY))
    for words in SAYS[state]:
        assert words in told
    assert ("Probably" in told) == (state == "estimated")
    french = text_of(inside.get(f"{MAY}&lang=fr"))
    assert "Comment le savons-nous" in french
    assert "Observed gap" not in french
    gap = text_of(inside.get(f"{IMPACT}/gap?lang=en"))
    assert ("$431.62" in gap) == (SEEN[state].estimate is not None and state not in {"few", "none"})


def test_an_inconclusive_value_stays_behind_a_click(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.effects.known = SEEN["inconclusive"]
    page = inside.get(MAY).text
    before, _, behind = page.partition("<details>")
    assert "17.77" not in before
    assert "+$17.77" in behind.partition("</details>")[0]
    assert "17.77" not in behind.partition("</details>")[2]


def test_a_holdout_is_planned_started_and_stopped(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    lengths = [Findable(13, 0.31, 0.2), Findable(26, 0.21, 0.105)]
    desk.effects.plan = Planned(2393, Outlook(lengths, 26))
    told = text_of(inside.get(f"{IMPACT}/holdout?share=10&hoped=11"))
    assert "With 2,393 customers and 10% held out, an effect of 11.0% would be found after 26 weeks" in told
    assert "21.0% 10.5%" in told
    assert desk.effects.asked[-1] == ("plan", (1000, 0.11))
    assert post(inside, f"{IMPACT}/holdout", share="12,5", weeks="26").status_code == 303
    assert desk.effects.asked[-1] == ("hold_out", (1250, 26))
    assert post(inside, f"{IMPACT}/holdout", share="10", weeks="3").status_code == 404
    desk.effects.refusal = "holdout_running"
    assert "A holdout runs already." in text_of(post(inside, f"{IMPACT}/holdout", share="10", weeks="4"))
    desk.effects.refusal, desk.effects.known = "", SEEN["inconclusive"]
    running = text_of(inside.get(f"{IMPACT}/holdout"))
    assert "It is read once" in running
    assert "Start the holdout" not in running
    assert post(inside, f"{IMPACT}/holdout/stop", holdout_id=str(UUID(int=7))).status_code == 303
    assert desk.effects.asked[-1] == ("stop", UUID(int=7))
    desk.effects.known = SEEN["measured"]
    assert "+5.0 pp" in text_of(inside.get(f"{IMPACT}/holdout"))


def test_an_objective_is_set_in_the_unit_that_the_page_shows(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    path = f"{IMPACT}/objectives"
    assert inside.get(path).status_code == 200
    sent = {"side": "member", "due_on": "2030-12-31"}
    for kpi, written, target in (("retention_rate", "98,5 %", "0.985"), ("aov", "31.50", "3150"), ("orders", "9", "9")):
        assert post(inside, path, kpi=kpi, target=written, **sent).status_code == 303
        aim = desk.effects.asked[-1][1]
        assert isinstance(aim, Aim)
        assert aim == Aim(kpi, "member", Decimal(target), date(2030, 12, 31))
    assert post(inside, path, kpi="aov", target="much", **sent).status_code == 422
    desk.effects.refusal = "conflict"
    assert "twelve objectives" in text_of(post(inside, path, kpi="aov", target="3", **sent))
    desk.effects.refusal = ""
    assert post(inside, f"{path}/withdraw", objective_id=str(UUID(int=9))).status_code == 303
    assert desk.effects.asked[-1] == ("withdraw", UUID(int=9))


def test_an_analyst_looks_and_does_nothing(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.effects.known = SEEN["inconclusive"]
    desk.sessions = {secret: replace(who, role="analyst") for secret, who in desk.sessions.items()}
    assert "Set an objective" not in inside.get(MAY).text
    assert "Start the holdout" not in inside.get(f"{IMPACT}/holdout").text
    for path in ("holdout", "holdout/stop", "objectives", "objectives/withdraw", "estimate"):
        assert post(inside, f"{IMPACT}/{path}").status_code == 403
