"""Forms over what somebody else changed meanwhile: nobody's work is replaced unseen, and nobody's is lost."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.admin.asking import post, text_of
from tests.admin.fake_people import STALE
from tests.admin.fake_surveys import CASE
from tests.admin.test_referrals_in_the_panel import GOOD as TERMS
from tests.admin.test_surveys_in_the_panel import GOOD_POLICY as POLICY
from tests.admin.test_tiers_in_the_panel import GOOD as TIERS

SEGMENT = {"name": "Big spenders", "c0-kind": "spent", "c0-at_least_minor": "150.00", "do": "save"}
BASE = "/admin/p/1"


@pytest.mark.parametrize(
    ("path", "fields", "kept"),
    [
        ("segments/at-risk/edit", SEGMENT, "Big spenders"),
        ("new-tiers", TIERS, "silver"),
        ("new-referral-terms", TERMS, "500"),
        ("survey-policy", POLICY, "60"),
        (
            f"survey-cases/{CASE.case_id}",
            {"do": "keep", "note": "called her", "was_note": "of yesterday"},
            "called her",
        ),
    ],
    ids=["segment", "tiers", "terms", "policy", "case"],
)
def test_what_somebody_else_changed_is_not_replaced_unseen(
    inside: TestClient[Litestar], path: str, fields: dict[str, str], kept: str
) -> None:
    answer = post(inside, f"{BASE}/{path}", **{**fields, "version": str(STALE)})
    assert answer.status_code == 409
    assert "Somebody changed this since you opened the form." in text_of(answer)
    assert kept in answer.text
    # Sent again it replaces what stands: now one knows.
    assert f'value="{STALE}"' not in answer.text
