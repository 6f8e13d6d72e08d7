"""Who is behind a figure, over HTTP as a storefront asks: pages, the file, who is gone, and who may not ask."""

import csv
import io
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from kpi.actions import answer, people
from kpi.people import CountsNobody, Someone
from kpi.rollup.work import rebuild
from loyalty.database import Connection, Database
from loyalty.programs.facts import ProgramFacts, Source
from tests.kpi.sample import PROGRAM
from tests.kpi.shop import Shop

MARCH = "start=2026-03-01&end=2026-04-01"
RETENTION = f"/v1/kpis/retention_rate/customers?{MARCH}"


@pytest.fixture
def shop(owner: asyncpg.Connection, program: ProgramFacts) -> Shop:
    return Shop(owner, program)


async def named(shop: Shop, source: Source, customer: UUID, *names: str, namespace: str | None = None) -> None:
    """Let a storefront call a customer so."""
    for name in names:
        await shop.owner.execute(
            "INSERT INTO customer_alias (program_id, namespace, external_id, customer_id) VALUES ($1, $2, $3, $4)",
            shop.program.program_id,
            namespace or source.namespace,
            name,
            customer,
        )


@pytest.fixture
async def four(shop: Shop, source: Source) -> list[UUID]:
    """Four bought in February: a member who came back, one who did not, and of two others one came back and joined."""
    customers = await shop.customers(4)
    for number, customer in enumerate(customers):
        await named(shop, source, customer, f"c{number}")
        await shop.buys(customer, "2026-02-10 10:00")
    for customer in customers[:2]:
        await shop.joins(customer, "2026-02-20 10:00")
    await shop.buys(customers[0], "2026-03-10 10:00")
    await shop.buys(customers[2], "2026-03-10 10:00")
    await shop.joins(customers[2], "2026-03-05 10:00")
    return customers


async def listed(api: httpx.AsyncClient, query: str = "") -> dict[str, Any]:
    answered = await api.get(RETENTION + query)
    assert answered.status_code == 200, answered.text
    told: dict[str, Any] = answered.json()
    return told


async def test_everybody_behind_a_rate_is_listed_once_with_their_part_and_side(
    api: httpx.AsyncClient, four: list[UUID]
) -> None:
    told = await listed(api)
    assert told["counts"] == {"numerator": 2, "denominator_only": 2}
    assert (told["key"], told["segment"], told["part"], told["next_cursor"]) == ("retention_rate", "all", None, None)
    assert told["period"] == {"start": "2026-03-01", "end": "2026-04-01", "timezone": "Europe/Paris"}
    assert [person["id"] for person in told["data"]] == [str(one) for one in sorted(four)]
    by_id = {person.pop("id"): person for person in told["data"]}
    rest = {"joined_in_period": False, "erased": False}
    assert [by_id[str(one)] for one in four] == [
        {"customer_ids": ["c0"], "part": "numerator", "segments": ["member"], **rest},
        {"customer_ids": ["c1"], "part": "denominator_only", "segments": ["member"], **rest},
        {"customer_ids": ["c2"], "part": "numerator", "segments": ["non_member"], **rest, "joined_in_period": True},
        {"customer_ids": ["c3"], "part": "denominator_only", "segments": ["non_member"], **rest},
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("&segment=member", {"c0", "c1"}),
        ("&segment=non_member", {"c2", "c3"}),
        ("&part=numerator", {"c0", "c2"}),
        ("&part=denominator_only", {"c1", "c3"}),
        ("&segment=member&part=numerator", {"c0"}),
        ("&segment=non_member&part=denominator_only", {"c3"}),
        ("&as_of=2000-01-01T00:00:00Z", set()),
    ],
)
@pytest.mark.usefixtures("four")
async def test_a_side_and_a_part_can_be_chosen(api: httpx.AsyncClient, query: str, names: set[str]) -> None:
    told = await listed(api, query)
    assert {name for person in told["data"] for name in person["customer_ids"]} == names


async def test_pages_together_are_the_whole_in_the_order_of_ids(api: httpx.AsyncClient, four: list[UUID]) -> None:
    told, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        page = await listed(api, f"&limit=1{cursor}")
        told += [person["id"] for person in page["data"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        pages += 1
    assert (pages, told) == (4, [str(one) for one in sorted(four)])


async def test_what_is_recorded_between_two_pages_repeats_and_drops_nobody_else(
    api: httpx.AsyncClient, shop: Shop, four: list[UUID]
) -> None:
    first = await listed(api, "&limit=2")
    for customer in await shop.customers(8):
        await shop.buys(customer, "2026-02-11 10:00")
    second = await listed(api, f"&limit=1000&cursor={first['next_cursor']}")
    ids = [UUID(person["id"]) for person in first["data"] + second["data"]]
    assert set(four) <= set(ids)
    assert all(one < two for one, two in pairwise(ids))


@pytest.mark.usefixtures("four")
async def test_an_erased_customer_appears_by_id_only(api: httpx.AsyncClient) -> None:
    facts = {"order_id": "z", "customer_id": "zoe", "placed_at": "2026-02-10T10:00:00Z", "currency": "EUR"}
    assert (await api.post("/v1/purchases", json={**facts, "goods": "9.00"})).status_code == 201
    before = {tuple(person["customer_ids"]): person["id"] for person in (await listed(api))["data"]}
    assert (await api.post("/v1/customers/zoe/erase")).status_code == 200
    after = {person["id"]: person for person in (await listed(api))["data"]}
    zoe = after[before["zoe",]]
    assert (zoe["customer_ids"], zoe["erased"], zoe["part"]) == ([], True, "denominator_only")
    assert "zoe" not in (await api.get(f"/v1/kpis/retention_rate/customers.csv?{MARCH}")).text


async def test_a_merged_customer_is_the_one_who_stayed(api: httpx.AsyncClient, shop: Shop, four: list[UUID]) -> None:
    await shop.merges(four[3], four[2], at="2026-03-20 10:00")
    told = await listed(api)
    assert {person["id"] for person in told["data"]} == {str(one) for one in four[:3]}


async def test_a_storefront_sees_its_own_ids_alone(
    api: httpx.AsyncClient, shop: Shop, source: Source, four: list[UUID]
) -> None:
    await named(shop, source, four[0], "a second one")
    await named(shop, source, four[3], "elsewhere", namespace="another shop")
    told = {person["id"]: person["customer_ids"] for person in (await listed(api))["data"]}
    assert told[str(four[0])] == ["a second one", "c0"]
    assert told[str(four[3])] == ["c3"]


async def test_the_file_is_the_whole_list_and_nothing_in_it_is_a_formula(
    api: httpx.AsyncClient, shop: Shop, source: Source, four: list[UUID]
) -> None:
    await named(shop, source, four[3], "=1+1")
    answered = await api.get(f"/v1/kpis/retention_rate/customers.csv?{MARCH}")
    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    name = "retention_rate-2026-03-01-2026-04-01-customers.csv"
    assert answered.headers["content-disposition"] == f'attachment; filename="{name}"'
    header, *rows = csv.reader(io.StringIO(answered.content.decode("utf-8-sig")))
    assert header == ["id", "customer_ids", "part", "segments", "joined_in_period", "erased"]
    assert [row[0] for row in rows] == [str(one) for one in sorted(four)]
    by_id = {row[0]: row[1:] for row in rows}
    assert by_id[str(four[2])] == ["c2", "numerator", "non_member", "yes", "no"]
    assert by_id[str(four[3])] == ["'=1+1 c3", "denominator_only", "non_member", "no", "no"]


async def test_the_file_goes_on_past_the_thousand_of_a_page(
    api: httpx.AsyncClient, shop: Shop, owner: asyncpg.Connection
) -> None:
    customers = await shop.customers(1201)
    await owner.executemany(
        "INSERT INTO purchase (program_id, purchase_id, state, version, fingerprint, request_id, origin, storefront_id,"
        " order_id, customer_id, placed_at, currency, goods_minor, discount_minor, tax_minor, shipping_minor,"
        " reward_discount_minor, test, member, recorded_at) SELECT $1, gen_random_uuid(), 'recorded', 1, '', '',"
        " 'live', storefront_id, $2::uuid::text, $2, '2026-02-03Z', 'EUR', 100, 0, 0, 0, 0, false, false, '2026-02-03Z'"
        " FROM storefront WHERE program_id = $1",
        [(shop.program.program_id, customer) for customer in customers],
    )
    page = await listed(api, "&limit=1000")
    assert (len(page["data"]), page["counts"]["denominator_only"]) == (1000, 1201)
    answered = await api.get(f"/v1/kpis/retention_rate/customers.csv?{MARCH}")
    assert [line.split(",")[0] for line in answered.text.splitlines()[1:]] == [str(one) for one in sorted(customers)]


@pytest.mark.parametrize("path", ["customers", "customers.csv"])
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        (f"aov/{{}}?{MARCH}", 404, "counts_no_customers"),
        (f"moon/{{}}?{MARCH}", 404, "unknown_measure"),
        (f"retention_rate/{{}}?{MARCH}&segment=everybody", 422, "bad_choice"),
        (f"retention_rate/{{}}?{MARCH}&part=denominator", 422, "bad_choice"),
        ("retention_rate/{}?start=2026-03-01&end=2026-03-01", 422, "bad_period"),
        (f"retention_rate/{{}}?{MARCH}&as_of=yesterday", 422, "bad_instant"),
    ],
)
async def test_what_cannot_be_listed_is_a_problem_that_says_so(
    api: httpx.AsyncClient, path: str, query: str, status: int, code: str
) -> None:
    answered = await api.get(f"/v1/kpis/{query.format(path)}")
    assert answered.headers["content-type"] == "application/problem+json"
    assert (answered.status_code, answered.json()["code"]) == (status, code)


@pytest.mark.parametrize("query", ["&cursor=x", "&cursor=!!", "&cursor=", "&limit=0", "&limit=1001"])
async def test_what_is_no_page_is_a_422(api: httpx.AsyncClient, query: str) -> None:
    assert (await api.get(RETENTION + query)).status_code == 422


@pytest.mark.parametrize(
    ("scopes", "lacking"),
    [
        (["kpis:read"], "members:read"),
        (["members:read"], "kpis:read"),
        ([], "kpis:read and members:read"),
        (["kpis:read", "members:read"], None),
        (["*"], None),
    ],
)
async def test_persons_need_the_scope_of_figures_and_that_of_members(
    api: httpx.AsyncClient, owner: asyncpg.Connection, scopes: list[str], lacking: str | None
) -> None:
    await owner.execute("UPDATE api_key SET scopes = $1", scopes)
    for path in (RETENTION, f"/v1/kpis/retention_rate/customers.csv?{MARCH}"):
        answered = await api.get(path)
        assert answered.status_code == (403 if lacking else 200)
        if lacking:
            assert answered.json()["code"] == "forbidden"
            assert answered.json()["detail"] == f"This key lacks the scope {lacking}."


@pytest.mark.sample
async def test_the_sample_lists_as_many_as_it_counts(sample: Connection) -> None:
    may = date(2017, 5, 1), date(2017, 6, 1)
    for key in ("retention_rate", "loyal_conversion"):
        figures = (await answer(sample, PROGRAM, key, *may)).figures
        for segment, ratio in figures.segments.items():
            behind = await people(sample, PROGRAM, key, *may, segment=segment)  # type: ignore[arg-type]
            told = list(behind.listed())
            assert (sum(one.part == "numerator" for one in told), len(told)) == (ratio.num, ratio.den)
    with pytest.raises(CountsNobody):
        await people(sample, PROGRAM, "aov", *may)


@pytest.mark.parametrize("few", [0, 9])
async def test_the_day_sets_list_the_same_people_in_the_same_order(
    database: Database, shop: Shop, four: list[UUID], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    march = date(2026, 3, 1), date(2026, 4, 1)
    # Between them are people who are not behind the figure, and one who turned out to be another.
    for other in await shop.customers(6):
        await shop.buys(other, "2026-03-20 10:00")
    await shop.merges(await shop.customer(), four[0], at="2026-03-21 10:00")
    rows = await people(shop.owner, shop.program, "retention_rate", *march)
    await rebuild(database, shop.program.program_id)
    await shop.owner.execute(
        "INSERT INTO consumer_built (program_id, consumer) VALUES ($1, 'kpi')", shop.program.program_id
    )
    sets = await people(shop.owner, shop.program, "retention_rate", *march)
    assert [one.customer_id for one in rows.listed()] == sorted(four)
    assert list(sets.listed()) == list(rows.listed())
    # Page by page, and in stretches so short that somebody is found, that nobody is, and that all are through.
    monkeypatch.setattr("kpi.rollup.numbers._FEW", few)
    for most, stretches in ((1, (1, 2)), (2, (1,)), (3, (9,)), (4, (2, 2))):
        monkeypatch.setattr("kpi.rollup.numbers._STRETCHES", stretches)
        found = list[Someone]()
        while True:
            last = found[-1].customer_id if found else None
            one = await people(shop.owner, shop.program, "retention_rate", *march, after=last, most=most)
            page = list(one.listed())
            found += page
            if not page:
                break
            assert len(page) <= most
        assert found == list(rows.listed())
