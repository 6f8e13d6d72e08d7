"""Codes against PostgreSQL: each is shown once, to one member, and what nobody saw is there again."""

import asyncpg
import pytest

from loyalty.errors import Invalid
from loyalty.rewards.codes import Uploaded, codes_of
from loyalty.rewards.refusals import (
    OutOfStock,
)
from tests.loyalty.rewards.offering import code_of, held, offer, pool, told, upload
from tests.stories import Shop, wait


async def test_a_code_is_shown_with_the_capture_and_never_before(ann: Shop) -> None:
    reward = await pool(ann, ["B", "A"])
    redemption = await held(ann, reward)
    assert await code_of(ann, redemption) is None
    assert (await told(ann)).left == 1
    await ann.capture(redemption)
    assert await code_of(ann, redemption) == "A"
    at_once = await held(ann, reward, "bob", at_once=True)
    assert await code_of(ann, at_once) == "B"
    with pytest.raises(OutOfStock):
        await held(ann, reward)
    await ann.verified()


async def test_a_code_that_nobody_saw_is_given_to_the_next(ann: Shop, owner: asyncpg.Connection) -> None:
    reward = await pool(ann, ["A"])
    released = await held(ann, reward)
    with pytest.raises(OutOfStock):
        await held(ann, reward, "bob")
    await ann.release(released)
    timed_out = await held(ann, reward, "bob", hold_minutes=5)
    await wait(owner, minutes=5)
    assert (await told(ann)).left == 1
    captured = await held(ann, reward, at_once=True)
    assert [await code_of(ann, one) for one in (released, timed_out, captured)] == [None, None, "A"]
    await ann.verified()


async def test_a_code_that_was_shown_is_never_given_again(ann: Shop) -> None:
    reward = await pool(ann, ["A", "B"])
    spent = await held(ann, reward, at_once=True)
    await ann.reverse(spent)
    assert (await told(ann)).left == 1
    assert await code_of(ann, await held(ann, reward, at_once=True)) == "B"
    with pytest.raises(OutOfStock):
        await held(ann, reward)
    assert await code_of(ann, spent) == "A"


async def test_a_code_is_uploaded_once_whatever_the_reward(ann: Shop) -> None:
    reward, other = await pool(ann, ["A", "B"]), await pool(ann, ["C"])
    assert await upload(ann, reward, ["B", "D", "D", "C", "E"]) == Uploaded(2, ["B", "D", "C"], 4)
    assert await upload(ann, other, ["A"]) == Uploaded(0, ["A"], 1)
    with pytest.raises(Invalid, match="no codes"):
        await upload(ann, await offer(ann), ["X"])
    with pytest.raises(Invalid, match="1 to 10000"):
        await upload(ann, reward, [str(n) for n in range(10_001)])


def test_codes_are_read_from_the_first_column_of_a_file() -> None:
    assert codes_of('\ufeffCode;worth\nA-1;5\n\n "B-2" ,6\r\nC\n') == ["A-1", "B-2", "C"]
    for bad in ("A 1", "é", "x" * 129):
        with pytest.raises(Invalid, match="Code 2"):
            codes_of(f"ok\n{bad}")


async def test_made_up_codes_are_each_their_own(ann: Shop) -> None:
    reward = await offer(ann, "voucher_code", {"prefix": "MUG-"}, stock=2)
    codes = [await code_of(ann, await held(ann, reward, name, at_once=True)) for name in ("ann", "bob")]
    assert len(set(codes)) == 2
    assert all(code is not None and code.startswith("MUG-") and len(code) == 14 for code in codes)
    with pytest.raises(OutOfStock):
        await held(ann, reward)
    await ann.verified()
