"""What arrived: purchases, refused calls and events as staff see them, and having a call done again."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from loyalty.refusals.actions import Replayed
from tests.admin.asking import post, text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_people import NORA
from tests.admin.fake_purchases import AT, BARE_REFUSED, REFUSED, TELLING
from tests.admin.fake_rewards import VOUCHER

BASE = "/admin/p/1/purchases"


def test_purchases_are_listed_by_what_the_address_asks_for(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    asked = f"q=A-1&state=refunded&member=yes&storefront=7&from=2026-01-01&to=2026-01-31&customer={NORA}"
    shown = inside.get(f"{BASE}?{asked}")
    said = text_of(shown)
    assert "A-<1001> Store 322 Nora Whitfield member Refunded Edited $84.00 64" in said
    assert "Only those of Nora Whitfield." in said
    assert "Nobody’s" in said
    assert "Refund without its purchase" in said
    last = desk.purchases.asked[-1]
    assert (last.text, last.state, last.member, last.storefront_id, last.customer_id) == (
        "A-1",
        "refunded",
        True,
        7,
        NORA,
    )
    assert (str(last.since), str(last.until)) == ("2026-01-01 00:00:00-05:00", "2026-02-01 00:00:00-05:00")
    # The next page keeps the filters, and so does the file.
    address = _link(shown.text, "after=").replace("&amp;", "&")
    inside.get(address)
    after = desk.purchases.asked[-1]
    assert after.after is not None
    assert (after.after[0], after.text) == (AT, "A-1")
    file = inside.get(_link(inside.get(address).text, "purchases.csv").replace("&amp;", "&"))
    assert desk.purchases.asked[-1] == after
    assert "'=2+3" in file.text
    assert ",84.0,20.0,64,Refunded" in file.text.replace(", Edited", "").replace('"', "")
    # What an address cannot mean is not asked for; an empty list says what to do.
    desk.purchases.listed, desk.purchases.more, desk.purchases.too_many = [], False, True
    empty = text_of(inside.get(f"{BASE}?state=x&member=maybe&storefront=99999999999&from=never&customer=me&q=no"))
    assert "No purchase was found" in empty
    assert "Only orders were looked for" in empty
    odd = desk.purchases.asked[-1]
    assert (odd.state, odd.member, odd.storefront_id, odd.since, odd.customer_id) == ("", None, None, None, None)
    assert "Pas encore d’achats" in text_of(inside.get(f"{BASE}?lang=fr"))
    assert inside.get(f"{BASE}?after=nowhere").status_code == 400


def test_a_purchase_shows_what_was_told_and_what_it_led_to(inside: TestClient[Litestar]) -> None:
    shown = inside.get(f"{BASE}/{TELLING}?lang=en")
    said = text_of(shown)
    assert '"goods": "84.00"' in said
    assert "told 1 Mar 2026, 04:30, held until 2 Mar 2026, 04:30" in said
    assert "</code><b>" not in shown.text
    assert f"/admin/p/1/members/{NORA}?why=" in shown.text
    assert "The shop named no customer." in said
    assert "Refund r-1 $20.00" in said
    # The reward that was used on it, with ways to what it is and to whose it was.
    assert "Cinema ticket Nora Whitfield Handed over 30 came back 120" in said
    assert f'href="/admin/p/1/rewards/{VOUCHER}"' in shown.text
    assert inside.get(f"{BASE}/{REFUSED}").status_code == 404


def test_a_refused_call_is_shown_and_done_again_by_whoever_may(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    listed = inside.get(f"{BASE}/refused?q=A-1003&open=yes&storefront=1&lang=en")
    assert "Record a purchase A-1003 Something in it cannot be. 422 invalid" in text_of(listed)
    asked = desk.refusals.asked[-1]
    assert (asked.text, asked.open, asked.storefront_id) == ("A-1003", True, 1)
    assert "84.901" not in inside.get(f"{BASE}/refused.csv").text
    page = f"{BASE}/refused/{REFUSED}"
    shown = inside.get(page)
    assert "/goods 84.901 has more decimals" in text_of(shown)
    assert "<script>" not in shown.text.partition("<main")[2]
    gone = inside.get(f"{BASE}/refused/{BARE_REFUSED}")
    assert "erased with the person" in text_of(gone)
    assert "/replay" not in gone.text
    assert post(inside, f"{page}/replay").headers["location"] == f"{page}?did=replay"
    assert desk.refusals.done == [(REFUSED, desk.person.user_id)]
    last = desk.journal.written[-1]
    assert (last.name, last.status) == ("purchases.refused.replay", 303)
    desk.refusals.answer = Replayed(done=False, code="other_facts", detail="goods: 1.00, not 2.00")
    again = post(inside, f"{page}/replay")
    assert again.status_code == 409
    assert "Refused again: It is recorded already, with other facts." in text_of(again)
    assert post(inside, f"{BASE}/refused/{BARE_REFUSED}/replay").status_code == 404
    desk.refusals.listed = []
    assert "Aucun appel n’a été refusé" in text_of(inside.get(f"{BASE}/refused?lang=fr"))


@pytest.mark.parametrize(
    ("role", "sees", "replays"), [("manager", 200, 303), ("analyst", 200, 403), ("support", 403, 403)]
)
def test_analysts_look_and_support_does_not(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, sees: int, replays: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    for path in (
        "",
        ".csv",
        f"/{TELLING}",
        "/refused",
        "/refused.csv",
        f"/refused/{REFUSED}",
        "/events",
        "/events.csv",
    ):
        assert inside.get(f"{BASE}{path}").status_code == sees, path
    assert ("/replay" in inside.get(f"{BASE}/refused/{REFUSED}").text) == (replays == 303)
    assert post(inside, f"{BASE}/refused/{REFUSED}/replay").status_code == replays


def test_events_lead_to_what_they_are_about(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    shown = inside.get(f"{BASE}/events?kind=purchase&from=2026-03-01")
    assert f'href="{BASE}/{TELLING}"' in shown.text
    assert "redemption.held simulated" in text_of(shown)
    asked = desk.events.asked[-1]
    assert (asked.kind, str(asked.since)) == ("purchase", "2026-03-01 00:00:00-05:00")
    inside.get(_link(shown.text, "events?kind=purchase&amp;from=2026-03-01&amp;after=").replace("&amp;", "&"))
    assert desk.events.asked[-1].after is not None
    assert "purchase.recorded,purchase/" in inside.get(f"{BASE}/events.csv?kind=nonsense").text
    assert desk.events.asked[-1].kind is None


def _link(text: str, part: str) -> str:
    return next(found for found in (one.partition('"')[0] for one in text.split('href="')[1:]) if part in found)
