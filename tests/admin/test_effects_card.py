"""The effect in the panel: the card in every state, the pages beside it, and what their forms ask for."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from kpi.impact.accounting import Account
from kpi.impact.holdout import Lot, Measured
from kpi.impact.staff import Aim, Effects
from kpi.reasons import NO_RUNNING_SPEND
from tests.admin.asking import post, text_of
from tests.admin.conftest import IMPACT
from tests.admin.fake_desk import FakeDesk
from tests.admin.fake_effects import BOOKS, GAIN, OVER, PLAN, RUNNING, SEEN

MAY = f"{IMPACT}?period=2017-05"
# What is said in each state, and what must not be.
SAYS = {
    "none": ("We cannot say yet.", "An estimate is being made: 20%."),
    "few": ("Too few data", "could be compared with anybody alike"),
    "inconclusive": (
        "3 of 4 checks pass. The interval contains zero.",
        "future members already spent $413.85 more",
        "for 26 weeks: with 2,393 customers",
        "10% held out ≥ 10.5% 50% held out ≥ 6.3%",
    ),
    "running": ("4 of 4 checks pass.", "Being measured. It is read once", "on the way, 50%"),
    "estimated": (
        "Probably: +$17.00 per member in 90 days, estimated.",
        "A more cautious interval",
        "25.4 times larger",
    ),
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
    assert ("future members already spent" in gap) == ("$431.62" in gap)
    assert ("$431.62" in gap) == (SEEN[state].estimate is not None and state not in {"few", "none"})


def test_an_inconclusive_value_stays_behind_a_click(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.effects.known = SEEN["inconclusive"]
    page = inside.get(MAY).text
    before, _, behind = page.partition("<details>")
    assert "17.77" not in before
    assert "+$17.77" in behind.partition("</details>")[0]
    assert "17.77" not in behind.partition("</details>")[2]
    # Nor is it told by how many times it goes into the gap, here or on the page about the gap.
    for told in (page, inside.get(f"{IMPACT}/gap?lang=en").text):
        assert "times larger" not in told


def test_a_measurement_that_found_nothing_is_the_answer_beside_any_estimate(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    spend = OVER.outcomes["spend"]
    nothing = Measured(0.0, (-500.0, 500.0), 97_100.0)
    desk.effects.known = Effects(
        SEEN["estimated"].estimate,
        measurement=replace(
            OVER, outcomes={**OVER.outcomes, "spend": msgspec.structs.replace(spend, plain=nothing, cuped=None)}
        ),
    )
    told = text_of(inside.get(MAY))
    assert "Measured: no effect was found." in told
    assert "Probably" not in told
    assert "per customer in 90 days, measured. It contains zero." in told
    assert "Mesuré : aucun effet n’a été trouvé." in text_of(inside.get(f"{MAY}&lang=fr")).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_beside_an_estimate_stands_its_share_and_what_it_is_with_the_day_of_joining(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    desk.effects.known = SEEN["estimated"]
    told = text_of(inside.get(MAY))
    assert "Of what would have been With the day of joining" in told
    [outcome] = [one for name, one in SEEN["estimated"].estimate.result.comparison.outcomes.items() if name == "spend"]
    assert f"+{outcome.effect.lift:.1%}" in told
    assert "spent $431.62 more in the next 90 days" in text_of(inside.get(f"{IMPACT}/gap?lang=en"))


def test_a_return_is_told_of_an_effect_and_of_nothing_else(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    for state, why in (
        ("none", "It needs an estimated or a measured effect."),
        ("few", "There are too few data for an estimate."),
        ("alarm", "The estimate is inconclusive. From the observed gap the programme would be paid"),
        ("running", "The effect is being measured; the return is told once it was."),
    ):
        desk.effects.known = SEEN[state]
        told = text_of(inside.get(MAY))
        assert f"No return can be told yet. {why}" in told
        assert "Running the programme" not in told
    desk.effects.known, desk.effects.books = SEEN["estimated"], Account(GAIN, None, (NO_RUNNING_SPEND,))
    page = inside.get(MAY)
    assert "– No return can be told yet." in text_of(page)
    assert f"{IMPACT.removesuffix('impact')}kpis/costs#spend" in page.text
    desk.effects.books = BOOKS
    told = text_of(inside.get(MAY))
    for words in (
        "Probably a return of +90% (−20 to +200%), estimated.",
        "From 3 Oct 2017 to 31 Dec 2017 the programme brought $760 of margin and cost $400.",
        "It may also have cost more than it brought",
        "Spent more +$17.00 × 100 members at the start +$1,700",
        "Rewards discounts and what was handed over −$250",
        "What is left +$360",
    ):
        assert words in told
    assert "Enrolling" not in told
    french = text_of(inside.get(f"{MAY}&lang=fr")).replace("\N{NO-BREAK SPACE}", " ")
    assert "Probablement un rendement de +90 % (−20 à +200 %), estimé." in french
    assert "Du 3 oct. 2017 au 31 déc. 2017, le programme a rapporté 760 $US de marge et coûté 400 $US." in french


def test_a_holdout_is_planned_started_and_stopped(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.effects.plan = PLAN
    told = text_of(inside.get(f"{IMPACT}/holdout?share=10&hoped=11"))
    assert "With 2,393 customers and 10% held out, an effect of 11.0% would be found after 26 weeks" in told
    assert "21.0% 10.5%" in told
    assert desk.effects.asked[-1] == ("plan", (1000, 0.11))
    assert post(inside, f"{IMPACT}/holdout", share="12,5", weeks="26").status_code == 303
    assert desk.effects.asked[-1] == ("hold_out", (1250, 26))
    assert post(inside, f"{IMPACT}/holdout", share="10", weeks="3").status_code == 404
    asked = len([what for what, _ in desk.effects.asked if what == "hold_out"])
    for unreadable in ("", "ten", "0", "150", "nan"):
        answer = post(inside, f"{IMPACT}/holdout", share=unreadable, weeks="26")
        assert answer.status_code == 422
        assert "Give a share from 0.1 to 99 percent." in text_of(answer)
    assert len([what for what, _ in desk.effects.asked if what == "hold_out"]) == asked
    desk.effects.refusal = "holdout_running"
    assert "A holdout runs already." in text_of(post(inside, f"{IMPACT}/holdout", share="10", weeks="4"))
    desk.effects.refusal, desk.effects.known = "", SEEN["running"]
    running = text_of(inside.get(f"{IMPACT}/holdout"))
    assert "It is read once" in running
    assert "Start the holdout" not in running
    assert post(inside, f"{IMPACT}/holdout/stop", holdout_id=str(UUID(int=7))).status_code == 303
    assert desk.effects.asked[-1] == ("stop", UUID(int=7))
    desk.effects.known = SEEN["measured"]
    assert "+5.0 pp" in text_of(inside.get(f"{IMPACT}/holdout"))


def test_what_was_measured_is_told_by_its_own_length_and_stays_while_the_next_one_runs(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    # 27 days and 15 hours, of which 90 days are 3.258.
    short = msgspec.structs.replace(OVER.holdout, ends_at=OVER.holdout.started_at + timedelta(days=27, hours=15))
    desk.effects.known = Effects(measurement=replace(OVER, holdout=short), running=RUNNING)
    assert "Measured: +$45.61 per customer in 90 days." in text_of(inside.get(MAY))
    page = text_of(inside.get(f"{IMPACT}/holdout"))
    for words in ("A holdout is running.", "The one before was measured; it ran until", "+5.0 pp", "Stop it"):
        assert words in page
    drawing = msgspec.structs.replace(RUNNING.holdout, drawn_at=None)
    desk.effects.known = Effects(running=replace(RUNNING, holdout=drawing))
    assert "The lot is being drawn" in text_of(inside.get(f"{IMPACT}/holdout"))
    # Of 29 in an arm no difference is told, whatever its interval says.
    desk.effects.known = Effects(measurement=replace(OVER, lot=Lot(261, 29, 0.0, 1.0)))
    told = text_of(inside.get(MAY))
    assert "29 were held out; it takes 30 of each." in told
    assert "Measured:" not in told
    assert "+5.0 pp" not in text_of(inside.get(f"{IMPACT}/holdout"))


def test_an_estimate_under_way_can_be_stopped(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.effects.known = SEEN["none"]
    assert "Stop the estimate" in text_of(inside.get(MAY))
    sent = post(inside, f"{IMPACT}/estimate/cancel", estimate_id=str(UUID(int=1)))
    assert sent.headers["location"] == f"{IMPACT}#evidence"
    assert desk.effects.asked[-1] == ("cancel", UUID(int=1))


def test_an_objective_is_set_in_the_unit_that_the_page_shows(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    path = f"{IMPACT}/objectives"
    assert inside.get(path).status_code == 200
    sent = {"side": "member", "due_on": "2030-12-31"}
    for kpi, written, target in (("retention_rate", "98,5 %", "0.985"), ("aov", "31.50", "3150"), ("orders", "9", "9")):
        assert post(inside, path, kpi=kpi, target=written, **sent).status_code == 303
        aim = desk.effects.asked[-1][1]
        assert isinstance(aim, Aim)
        assert aim == Aim(kpi, "member", Decimal(target), date(2030, 12, 31))
    for wrong in ("much", "1e-20000", "1e9", "0.0000001", "Infinity"):
        assert post(inside, path, kpi="aov", target=wrong, **sent).status_code == 422
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
    for path in ("holdout", "holdout/stop", "objectives", "objectives/withdraw", "estimate", "estimate/cancel"):
        assert post(inside, f"{IMPACT}/{path}").status_code == 403
