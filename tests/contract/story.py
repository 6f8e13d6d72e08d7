"""One story in which every operation is called once, well: it fills the shop in which the contract is tried.

What is said here is also what the documentation shows as examples (`python -m tests.contract.examples`), and what the
hostile bodies are made from. A new operation needs its line in a chapter; a test names those that have none.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from loyalty.clock import utc_now

_PATIENCE_SECONDS = 120
Json = dict[str, Any]
DOUBLE = {"kind": "multiplier", "id": "double", "factor": "2", "minimum": "50.00"}
BASE = {"kind": "points_per_amount", "id": "base", "points_per_step": 1, "step": "1.00"}
REVIEW = {"kind": "custom_action", "id": "review", "action": "review", "points": 20}


@dataclass(frozen=True)
class Said:
    """A call, and what came of it."""

    operation: str
    method: str
    path: str
    parameters: Json
    query: Json
    body: Any
    answer: Any
    keyed: bool


@dataclass
class Teller:
    """Calls operations by their names, as the document describes them; keeps the first call of each."""

    client: httpx.Client
    document: Json
    said: dict[str, Said] = field(default_factory=dict)
    keys: int = 0

    def __call__(self, operation: str, body: Any = None, **parameters: Any) -> Any:  # noqa: ANN401 - JSON
        path, method, described = self.find(operation)
        places = {parameter["name"]: parameter["in"] for parameter in described.get("parameters", [])}
        query = {name: value for name, value in parameters.items() if places[name] == "query"}
        full = path.format(**parameters)
        headers = {}
        if keyed := "Idempotency-Key" in places:
            self.keys += 1
            headers["Idempotency-Key"] = f"told-{self.keys}"
        if isinstance(body, str):
            headers["Content-Type"] = "text/csv"
        sent = {"content": body} if isinstance(body, str) else {"json": body}
        answer = self.client.request(method, full, params=query, headers=headers, **sent)
        assert answer.is_success, (operation, answer.status_code, answer.text)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        told = answer.json() if is_json and answer.content else None
        self.said.setdefault(operation, Said(operation, method, full, parameters, query, body, told, keyed))
        return told

    def until(self, operation: str, good: Callable[[Any], bool], **parameters: Any) -> Any:  # noqa: ANN401 - JSON
        """Ask until the worker has done it; the last answer is the one that is kept."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not good(told := self(operation, **parameters)):
            assert time.monotonic() < end, told
            del self.said[operation]
            time.sleep(0.2)
        return told

    def find(self, operation: str) -> tuple[str, str, Json]:
        """Find an operation in the document."""
        for path, methods in self.document["paths"].items():
            for method, described in methods.items():
                if described["operationId"] == operation:
                    return path, method.upper(), described
        raise AssertionError(operation)

    def operations(self) -> set[str]:
        """Name every operation there is."""
        return {one["operationId"] for methods in self.document["paths"].values() for one in methods.values()}


def tell(say: Teller) -> None:
    """Tell the whole story."""
    for chapter in (
        _setting_up,
        _shopping,
        _spending,
        _friends,
        _people,
        _segments,
        _asking,
        _figures,
        _effect,
        _files,
        _endings,
    ):
        chapter(say)


def _ago(days: float = 0) -> str:
    return (utc_now().replace(microsecond=0) - timedelta(days=days)).isoformat().replace("+00:00", "Z")


def _order(order_id: str, goods: str, days: float = 1, **more: object) -> Json:
    return {"order_id": order_id, "placed_at": _ago(days), "currency": "EUR", "goods": goods, **more}


def _setting_up(say: Teller) -> None:
    say("list_earning_rule_kinds")
    draft = say("write_earning_draft", {"name": "Autumn", "rules": [BASE, DOUBLE, REVIEW]})
    changed = {"name": "Autumn", "rules": [BASE, REVIEW], "version": draft["version"]}
    draft = say("edit_earning_draft", changed, draft_id=draft["draft_id"])
    say("get_earning_draft", draft_id=draft["draft_id"])
    say("list_earning_drafts")
    say("publish_earning_draft", {"version": draft["version"]}, draft_id=draft["draft_id"])
    other = say("write_earning_draft", {"name": "Never mind", "rules": [BASE]})
    say("delete_earning_draft", draft_id=other["draft_id"])
    version = say("list_earning_rules")["data"][0]["version"]
    say("get_earning_rules", version=version)
    silver = {"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "200", "factor": "1.5"}
    window = {"kind": "rolling", "months": 12}
    say("publish_tiers", {"counts": "points_earned", "window": window, "tiers": [silver]})
    say("get_tiers")


def _shopping(say: Teller) -> None:
    ann = {"customer_id": "ann", "joined_at": _ago(30), "email": "ann@shop.example", "language": "fr"}
    say("enrol_member", ann | {"name": "Ann Martin", "birthday": "1990-05-17", "consent": {"mail": True}})
    for name in ("ben", "cleo", "dora", "eve"):
        say("enrol_member", {"customer_id": name, "joined_at": _ago(20)})
    lines = [
        {"line_id": "1", "sku": "tea", "category": "drinks", "quantity": 2, "amount": "24.90"},
        {"line_id": "2", "sku": "pot", "amount": "60.00", "unit_cost": "31.50"},
    ]
    say("calculate_points", {"goods": "84.90", "customer_id": "ann", "lines": lines})
    say("record_purchase", _order("1001", "84.90", 5, customer_id="ann", lines=lines, shipping="4.90"))
    say("get_purchase", order_id="1001")
    say("find_purchase", order_id="1001")
    dated = {"delivered_at": _ago(2), "source_updated_at": _ago(2)}
    say("edit_purchase", _order("1001", "84.90", 5, customer_id="ann", lines=lines, **dated), order_id="1001")
    refund = {"refund_id": "r1", "refunded_at": _ago(), "lines": [{"line_id": "1", "amount": "12.45"}]}
    say("record_refund", refund, order_id="1001")
    many = [_order(f"10{n}", f"{n}.50", 9, customer_id="ben") for n in range(10, 40)]
    say("record_purchases", {"purchases": many[:2]})
    say("record_purchases", {"purchases": many})
    say("record_purchase", _order("2026/7", "15.00", 3, customer_id="ben"))
    say("record_refund_by_query", {"refund_id": "r1", "refunded_at": _ago(), "goods": "5.00"}, order_id="2026/7")
    say("cancel_purchase_by_query", {"cancelled_at": _ago()}, order_id="2026/7")
    say("record_purchase", _order("1040", "20.00", customer_id="cleo"))
    say("cancel_purchase", {"cancelled_at": _ago()}, order_id="1040")
    say("record_action", {"action": "review", "action_id": "review-77", "performed_at": _ago()}, customer_id="ann")


def _spending(say: Teller) -> None:
    five = say("offer_reward", {"name": "Five euros off", "price_points": 50, "settings": {"amount": "5.00"}})
    change = {"name": "Five euros off", "price_points": 40, "settings": {"amount": "5.00"}, "edition": five["edition"]}
    say("edit_reward", change, reward_id=five["reward_id"])
    voucher = {
        "kind": "voucher_code",
        "name": "Cinema",
        "price_points": 10,
        "settings": {"source": "uploaded", "worth": "9.00"},
    }
    cinema = say("offer_reward", voucher)["reward_id"]
    say("add_codes", {"codes": ["CINEMA-1", "CINEMA-2"]}, reward_id=cinema)
    say("retire_reward", reward_id=cinema)
    say("offer_reward_again", reward_id=cinema)
    say("list_rewards", customer_id="ann")
    say("get_reward", reward_id=five["reward_id"], customer_id="ann")
    held = say("redeem", {"customer_id": "ann", "reward_id": five["reward_id"]})["redemption_id"]
    say("get_redemption", redemption_id=held)
    say("capture", {"points": 40}, redemption_id=held)
    say("reverse", redemption_id=held)
    held = say("redeem", {"customer_id": "ben", "reward_id": five["reward_id"]})["redemption_id"]
    say("release", redemption_id=held)
    say("redeem", {"customer_id": "ben", "reward_id": cinema, "capture": True})


def _friends(say: Teller) -> None:
    terms = {"referrer_points": 500, "friend_points": 250, "minimum": "50.00", "link": "https://shop.example/welcome"}
    say("publish_referral_terms", terms)
    say("get_referral_terms")
    say("get_referral_code", customer_id="ann")
    code = say("give_referral_code", {"code": "ANN-10"}, customer_id="ann")["code"]
    say("draw_referral_code", customer_id="ann")
    say("check_referral_code", code=code)
    say("record_referral_invitation", {"channel": "email"}, customer_id="ann")
    for friend in ("fay", "gus", "hal"):
        say("enrol_member", {"customer_id": friend, "joined_at": _ago(), "referral_code": code})
        at = {"customer": {"address_hash": "one-address"}}
        say("record_purchase", _order(f"first-{friend}", "60.00", 0, customer_id=friend, **at))
    waiting = say.until("list_referrals", lambda told: len(told["data"]) == 2, state="in_review")["data"]
    say("release_referral", referral_id=waiting[0]["referral_id"])
    say("refuse_referral", referral_id=waiting[1]["referral_id"])


def _people(say: Teller) -> None:
    say("get_member", customer_id="ann")
    say("find_member", customer_id="ann")
    say("get_balance", customer_id="ann")
    say("find_balance", customer_id="ann")
    say("list_entries", customer_id="ann", limit=2)
    say("list_awards", customer_id="ann", limit=1)
    say("adjust_points", {"points": 25, "reason": "A parcel came late"}, customer_id="ann")
    say("make_page_link", customer_id="ann")
    say("change_member", {"language": "en"}, customer_id="ann")
    say("hold_at_tier", {"tier": "silver", "reason": "Press"}, customer_id="ann")
    say("release_tier", customer_id="ann")
    say("get_customer", customer_id="ann")
    say("find_customer", customer_id="ann")
    say("get_eligibility", customer_id="passer-by")
    say("find_eligibility", customer_id="passer-by")
    say("list_redemptions", customer_id="ann")
    say("change_customer", {"name": "Ann Martin-Roux"}, customer_id="ann")
    say("export_customer", customer_id="cleo")


def _segments(say: Teller) -> None:
    say("list_segment_conditions")
    spent = [{"kind": "spent", "at_least": "50.00"}]
    say("preview_segment", {"conditions": spent})
    say("define_segment", {"key": "big-spenders", "name": "Big spenders", "conditions": spent})
    say("list_segments")
    say("get_segment", key="big-spenders")
    say("change_segment", {"name": "Biggest spenders", "conditions": spent}, key="big-spenders")
    say("refresh_segment", key="big-spenders")
    say("list_segment_members", key="big-spenders")
    say("download_segment_members", key="big-spenders")
    say("define_segment", {"key": "passing", "name": "Passing", "conditions": spent})
    say("delete_segment", key="passing")


def _asking(say: Teller) -> None:
    say("publish_survey_policy", {"quarantine_days": 90, "consent": "surveys"})
    say("get_survey_policy")
    told = {"name": "After a purchase", "trigger": {"kind": "on_request"}}
    survey = say("draft_survey", told)["survey_id"]
    texts = {"fr": {"detractor": "Qu’avons-nous mal fait ?"}}
    say("edit_survey", told | {"texts": texts}, survey_id=survey)
    say("get_survey", survey_id=survey)
    say("publish_survey", survey_id=survey)
    say("invite_to_survey", {"customer_id": "ann"}, survey_id=survey)
    say("tell_survey_bounce", {"email": "gone@shop.example"})
    say("list_survey_testimonials")
    say("close_survey", survey_id=survey)
    say("list_surveys")
    today = utc_now().date()
    days = {"start": (today - timedelta(days=30)).isoformat(), "end": (today + timedelta(days=1)).isoformat()}
    for operation in ("get_survey_results", "get_survey_returns", "download_survey_returns"):
        say(operation, **days)
    for operation in ("list_survey_return_customers", "download_survey_return_customers"):
        say(operation, group="quiet_promoters", **days)


def _figures(say: Teller) -> None:
    end = utc_now().date().replace(day=1)
    start = (end - timedelta(days=1)).replace(day=1)
    month = {"start": start.isoformat(), "end": end.isoformat()}
    say("list_kpis")
    say("get_kpi", key="aov", **month)
    for operation in ("get_kpi_series", "download_kpi_series_csv", "download_kpi_series_xlsx"):
        say(operation, key="aov", grain="month", **month)
    for operation in ("list_kpi_customers", "download_kpi_customers"):
        say(operation, key="repeat_purchase_rate", **month)
    for operation in ("get_liability", "download_liability_csv", "download_liability_xlsx"):
        say(operation, **month)
    spend = {"spend_id": "ads-7", "kind": "acquisition", "booked_on": month["start"], "amount": "84.50"}
    say("tell_spend", spend)
    say("list_spend")
    say("withdraw_spend", spend_id="ads-7")
    say("tell_lead", {"lead_id": "l1", "created_at": _ago(8), "qualified": True, "email": "ann@shop.example"})
    say("list_leads")
    say("withdraw_lead", lead_id="l1")
    say("tell_unit_cost", {"sku": "tea", "from_on": month["start"], "unit_cost": "6.20"})
    say("list_unit_costs")
    say("withdraw_unit_cost", sku="tea", from_on=month["start"])
    say("tell_point_cost", {"from_on": month["start"], "cost": "0.005", "breakage": "0.2"})
    say("list_point_costs")
    say("withdraw_point_cost", from_on=month["start"])
    asked = {"from_on": month["start"], "to_on": month["start"], "rules": [BASE], "point_cost": "0.005"}
    begun = say("start_backtest", asked)["backtest_id"]
    say("get_backtest", backtest_id=begun)
    say("list_backtests")
    say("cancel_backtest", backtest_id=begun)


def _effect(say: Teller) -> None:
    asked = say("start_estimate")["estimate_id"]
    say("list_estimates")
    say.until("get_estimate", _is_over, estimate_id=asked)
    say("cancel_estimate", estimate_id=asked)
    # So many that the lot leaves no arm empty.
    for number in range(24):
        say("record_purchase", _order(f"walk-in-{number}", "12.00", customer_id=f"walk-in-{number}"))
    say("plan_holdout", holdout_share="0.5", hoped_for="0.05")
    begun = say("start_holdout", {"holdout_share": "0.5", "weeks": 13})["holdout_id"]
    say("list_holdouts")
    say("get_holdout", holdout_id=begun)
    say("get_measurement", holdout_id=begun)
    say("stop_holdout", holdout_id=begun)
    due = f"{utc_now().year + 1}-12-31"
    objective = say("set_objective", {"kpi": "retention_rate", "target": "0.45", "due_on": due})
    say("list_objectives")
    say("withdraw_objective", objective_id=objective["objective_id"])


def _files(say: Teller) -> None:
    table = "customer_id,joined_at\nima,2026-03-01T09:00:00Z\n,2026-03-01T09:00:00Z\n"
    brought = say("start_import", table, kind="members", name="from the till")["import_id"]
    say("list_imports")
    say.until("get_import", _is_over, import_id=brought)
    say("list_import_errors", import_id=brought)
    say("download_import_errors", import_id=brought)
    say("cancel_import", import_id=say("start_import", table, kind="members", dry_run=True)["import_id"])
    asked = say("start_export", {"kind": "members"})["export_id"]
    say("list_exports")
    say.until("get_export", _is_over, export_id=asked)
    say("download_export", export_id=asked)
    say("cancel_export", export_id=say("start_export", {"kind": "entries"})["export_id"])


def _is_over(told: Json) -> bool:
    return told["state"] not in {"queued", "running", "waiting"}


def _endings(say: Teller) -> None:
    say("merge_customer", {"into": "ann"}, customer_id="dora")
    say("leave_programme", customer_id="eve")
    say("erase_customer", customer_id="eve")
    say("get_test_clock")
    say("set_test_clock", {"now": _ago(-1)})
