"""The verbs of members."""

from collections.abc import Sequence

from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.members.decisions import Joined, NewMembership, record_membership
from loyalty.points.queries import append
from loyalty.programs.facts import Source
from loyalty.purchases.actions import decide_each, open_batch
from loyalty.purchases.queries import as_append


async def record_memberships(
    tx: Tx, source: Source, rules: RulesCache, items: Sequence[NewMembership]
) -> list[Joined | LoyaltyError]:
    """Record joinings and leavings, with the awards and clawbacks of what was bought; one result each."""
    batch = await open_batch(tx, source, rules, orders=[], customers=[item.external_id for item in items], history=True)
    results = decide_each(batch, record_membership, items)
    if batch.awards:
        await append(tx, as_append(batch, overwrite_profiles=True))
    return results
