"""Links that a storefront asks for and shows itself."""

import pytest

from loyalty.errors import NotFound
from loyalty.programs.facts import Source
from surveys.answers import actions as answers
from surveys.invitations.links import NotOnRequest, SurveyNotOpen, ask_for_link, link_again
from surveys.invitations.tokens import written
from surveys.plans import actions
from surveys.plans.policy import Policy
from tests.surveys.conftest import RING, Poll

ON_REQUEST = {"kind": "on_request"}


async def test_a_storefront_gets_a_link_without_address_or_consent_and_the_same_by_the_same_key(
    poll: Poll, source: Source
) -> None:
    survey_id = await poll.publishes(ON_REQUEST)
    await poll.buys("o1", customer={"email": None, "consent": {}})
    given = [await poll.verb(lambda tx: ask_for_link(tx, source, survey_id, "ann", "k1", RING)) for _ in range(2)]
    assert given[0] == given[1]
    assert given[0].reason is None
    secret = await link_again(poll.owner, source, survey_id, "k1", RING)
    assert secret is not None
    link = written(poll.program, secret)
    assert (await poll.verb(lambda tx: answers.score(tx, link, 9, "fr"))).answer.score == 9
    again = await poll.verb(lambda tx: ask_for_link(tx, source, survey_id, "ann", "k2", RING))
    assert again.reason == "throttled"
    assert await poll.sends() == []


async def test_no_link_without_a_customer_or_an_open_survey_or_to_who_is_held_out(poll: Poll, source: Source) -> None:
    survey_id = await poll.publishes(ON_REQUEST, Policy(holdout_bp=10_000))
    with pytest.raises(NotFound):
        await poll.verb(lambda tx: ask_for_link(tx, source, survey_id, "ann", "k1", RING))
    await poll.buys("o1")
    refused = await poll.verb(lambda tx: ask_for_link(tx, source, survey_id, "ann", "k1", RING))
    assert refused.reason == "held_out"
    assert await link_again(poll.owner, source, survey_id, "k1", RING) is None
    await poll.verb(lambda tx: actions.close_survey(tx.connection, poll.program, survey_id))
    with pytest.raises(SurveyNotOpen):
        await poll.verb(lambda tx: ask_for_link(tx, source, survey_id, "ann", "k2", RING))


async def test_a_survey_that_asks_by_mail_gives_no_links(poll: Poll, source: Source) -> None:
    survey_id = await poll.publishes({"kind": "after_purchase", "days": 7})
    await poll.buys("o1")
    with pytest.raises(NotOnRequest, match="on_request"):
        await poll.verb(lambda tx: ask_for_link(tx, source, survey_id, "ann", "k1", RING))
    assert await poll.asked() == []
