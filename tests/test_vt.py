import pytest
from random import Random
from tests.stories import *
from tests.together.meeting import *
from tests.together.test_batches_that_meet import bought, refunded, joinings
from loyalty.database import connect
from loyalty.settings import Settings
from loyalty.customers.facts import Profile
@pytest.fixture
async def shop(database_url, source, rules):
    async with connect(Settings(pool_size=16), database_url) as database:
        yield Shop(database, source, rules)
async def test_mixed(shop):
    m=Meeting(shop)
    R=Random(5)
    for n in range(30):
        if n%3: await shop.buy(*bought(n)[:150])
        if n%2: await shop.join(*joinings(n)[:20])
        def prof(i): return Profile(email=f'{R.random()}')
        import msgspec
        b=[msgspec.structs.replace(p, profile=prof(0)) for p in bought(n)]
        j=[msgspec.structs.replace(p, profile=prof(0)) for p in joinings(n)]
        batches=[R.sample(b,200),R.sample(refunded(n),200),R.sample(j,200),R.sample(b,200),R.sample(refunded(n),200)]
        await m.race(*batches, after_read=n%2==0)
    print(m.refused)
    await shop.verified()
async def test_anon_refunds(shop):
    m=Meeting(shop)
    R=Random(5)
    for n in range(30):
        o=[purchase(f'{n}/{i}',1000) for i in range(300)]; R.shuffle(o)
        await shop.buy(*o[:200]); 
        await m.race(*[R.sample([refund(f'{n}/{i}',f'r{k}',10) for i in range(300)],250) for k in range(5)], after_read=n%2==0)
    print(m.refused)
    await shop.verified()
