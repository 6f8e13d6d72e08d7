"""From what happened in the ledger to who is asked about it, and when: each kind of news by the real worker."""

from surveys.plans.policy import Policy
from tests.paper import local
from tests.surveys.conftest import Poll

WINDOW = {"kind": "rolling", "months": 12}
SILVER = {"key": "silver", "name": {"en": "Silver"}, "threshold": "1000"}


async def test_joining_redeeming_and_climbing_are_asked_about_days_after_they_happened(poll: Poll) -> None:
    await poll.call("PUT", "tiers", counts="points_earned", window=WINDOW, tiers=[SILVER])
    reward = await poll.call("POST", "rewards", 201, name="Five", price_points=50, settings={"amount": "5.00"})
    await poll.publishes({"kind": "after_joining", "days": 2}, Policy(quarantine_days=0))
    await poll.publishes({"kind": "after_redemption", "days": 3})
    await poll.publishes({"kind": "tier_change", "direction": "up", "days": 4})
    await poll.publishes({"kind": "tier_change", "direction": "down", "days": 5})
    await poll.joins("ann", joined_at="2026-03-02T08:00:00Z", language="fr")
    await poll.buys("o1", "ann", goods="150.00")
    await poll.call("POST", "redemptions", 201, customer_id="ann", reward_id=reward["reward_id"], capture=True)
    await poll.call("PUT", "members/ann/tier-floor", tier="silver", reason="Press")
    await poll.hears()
    await poll.call("DELETE", "members/ann/tier-floor")
    await poll.hears()
    rows = await poll.owner.fetch(
        "SELECT draft -> 'trigger' ->> 'kind' AS kind, due_at, snapshot ->> 'tier' AS tier,"
        " snapshot ->> 'language' AS language, member FROM survey_invitation"
        " JOIN survey USING (program_id, survey_id) ORDER BY due_at"
    )
    assert [tuple(row) for row in rows] == [
        ("after_joining", local("2026-03-04T10:00"), "silver", "fr", True),
        ("after_redemption", local("2026-03-06T10:00"), "silver", "fr", True),
        ("tier_change", local("2026-03-07T10:00"), "silver", "fr", True),
        ("tier_change", local("2026-03-08T10:00"), None, "fr", True),
    ]
