"""The guide's journey with the generated Python client: `loyalty_api_client` is made from the document by a test."""

import datetime as dt
import json
import os
import sys
import time

from loyalty_api_client import AuthenticatedClient
from loyalty_api_client.api.members import enrol_member, get_balance
from loyalty_api_client.api.purchases import get_purchase, record_purchase, record_refund
from loyalty_api_client.api.referrals import (
    check_referral_code,
    get_referral_code,
    list_referrals,
    publish_referral_terms,
)
from loyalty_api_client.api.rewards import capture, offer_reward, redeem
from loyalty_api_client.models import (
    CodeOut,
    MemberBalance,
    MemberIn,
    MemberRecorded,
    Problem,
    PurchaseIn,
    PurchaseRecorded,
    RedemptionIn,
    RedemptionRecorded,
    Referrals,
    RefundIn,
    RefundRecorded,
    RewardIn,
    RewardOut,
    TermsIn,
    TermsOut,
    ValidityOut,
)

shop = AuthenticatedClient(base_url=os.environ["API_URL"], token=os.environ["KEY"])
day = dt.datetime(2026, 3, 2, 18, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))

told = MemberIn(customer_id="pia", joined_at=day - dt.timedelta(days=1), language="fr")
member = enrol_member.sync(client=shop, body=told)
assert isinstance(member, MemberRecorded)

order = PurchaseIn(order_id="1001", customer_id="pia", placed_at=day, currency="EUR", goods="84.90")
bought = record_purchase.sync(client=shop, body=order)
assert isinstance(bought, PurchaseRecorded)

offer = RewardIn(name="5 euros off", price_points=50, amount="5.00")
reward = offer_reward.sync(client=shop, body=offer, idempotency_key="setup")
assert isinstance(reward, RewardOut)
asked = RedemptionIn(customer_id="pia", reward_id=reward.reward_id)
held = redeem.sync(client=shop, body=asked, idempotency_key="cart-1")
assert isinstance(held, RedemptionRecorded)
captured = capture.sync(client=shop, redemption_id=held.redemption_id)
assert isinstance(captured, RedemptionRecorded)

paid = PurchaseIn(
    order_id="1002",
    customer_id="pia",
    placed_at=day + dt.timedelta(days=7),
    currency="EUR",
    goods="40.00",
    reward_discount="5.00",
    redemption_ids=[str(held.redemption_id)],
)
second = record_purchase.sync(client=shop, body=paid)
assert isinstance(second, PurchaseRecorded)

back = RefundIn(refund_id="r1", refunded_at=day + dt.timedelta(days=10), goods="20.00")
refunded = record_refund.sync(client=shop, order_id="1001", body=back)
assert isinstance(refunded, RefundRecorded)

balance = get_balance.sync(client=shop, customer_id="pia")
assert isinstance(balance, MemberBalance)
unknown = get_purchase.sync(client=shop, order_id="none")
assert isinstance(unknown, Problem)

promised = TermsIn(referrer_points=500, friend_points=250, minimum="20.00")
terms = publish_referral_terms.sync(client=shop, body=promised, idempotency_key="setup-2")
assert isinstance(terms, TermsOut)
code = get_referral_code.sync(client=shop, customer_id="pia")
assert isinstance(code, CodeOut)
validity = check_referral_code.sync(client=shop, code=code.code)
assert isinstance(validity, ValidityOut)
# Only what is told as it happens is a friend's first purchase.
now = dt.datetime.now(dt.UTC)  # noqa: TID251 - a shop has no clock of ours
friend = MemberIn(customer_id="fay", joined_at=now, referral_code=code.code)
assert isinstance(enrol_member.sync(client=shop, body=friend), MemberRecorded)
first = PurchaseIn(order_id="2001", customer_id="fay", placed_at=now, currency="EUR", goods="25.00")
assert isinstance(record_purchase.sync(client=shop, body=first), PurchaseRecorded)


def what_became_of_it() -> str:
    """Wait for the worker, which decides on referrals."""
    for _ in range(300):
        referrals = list_referrals.sync(client=shop)
        assert isinstance(referrals, Referrals)
        if referrals.data and referrals.data[0].state != "claimed":
            return referrals.data[0].state
        time.sleep(0.1)
    return "claimed"


came_out = {
    "joined": member.state,
    "given": bought.points.given,
    "held": held.points,
    "captured": captured.state,
    "second": second.points.given,
    "refunded": refunded.points.given,
    "available": balance.available,
    "unknown": unknown.code,
    "code": validity.valid,
    "referral": what_became_of_it(),
}
sys.stdout.write(json.dumps(came_out))
