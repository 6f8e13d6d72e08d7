"""What staff see of rewards in numbers: how many are out, and that many redemptions are not all counted for a list."""

import pytest

from loyalty.rewards.staff import RewardSeen, StaffRewards
from tests.stories import Shop, joining, purchase


async def test_what_is_out_is_counted_as_far_as_a_list_needs_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    staff, program = StaffRewards(lambda: shop.database), shop.source.program
    await shop.join(joining("ann"))
    await shop.buy(purchase("1", 100_000, "ann", on=1))
    reward, never = await shop.offer(10), await shop.offer(500)
    taken = [(await shop.redeem("ann", reward, at_once=True)).hold.hold_id for _ in range(3)]
    await shop.release((await shop.redeem("ann", reward)).hold.hold_id)

    async def listed(*, counted: bool = True) -> dict[str, RewardSeen]:
        return {one.reward.name: one for one in await staff.listed(program, counted=counted)}

    seen = await listed()
    assert (seen[reward.name].out, seen[reward.name].more) == (len(taken), False)
    assert seen[reward.name].last_at is not None
    assert (seen[never.name].out, seen[never.name].last_at) == (0, None)
    # Of more than are looked at: of the newest two one is out, and there are others.
    monkeypatch.setattr("loyalty.rewards.staff._LOOKED_AT", 1)
    found = (await listed())[reward.name]
    assert (found.out, found.more, found.last_at) == (1, True, seen[reward.name].last_at)
    assert (await listed(counted=False))[reward.name].out == 0
