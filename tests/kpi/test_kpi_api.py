"""The key figures over HTTP: the exact shape of the contract, and a clean refusal of everything else."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar, Request, Response
from litestar.di import Provide

from kpi.api import routes
from kpi.measure import MEASURES
from kpi.periods import Days
from loyalty.database import Connection
from loyalty.errors import Invalid, LoyaltyError, NotFound
from loyalty.programs.facts import ProgramFacts
from tests.kpi.sample import PROGRAM

pytestmark = pytest.mark.sample

MAY = "start=2017-05-01&end=2017-06-01"
FIGURES = {"period", "partial", "counts", "segments", "difference", "reason", "ci_pending", "distributions", "restated"}
TRAITS = {"key", "title", "definition", "formula", "unit", "additivity", "inputs", "split", "alias_of"}


@dataclass
class Caller:
    program: ProgramFacts

    def require(self, *scopes: str) -> None:
        """Lack nothing."""


def application(connection: Connection) -> Litestar:
    """Serve the routes with the three things that the edge of the service lends them."""

    async def caller() -> Caller:
        return Caller(PROGRAM)

    async def lent() -> Connection:
        return connection

    async def nobody_waits(program_id: int, pending: Sequence[Days]) -> None:
        assert (program_id, pending) == (PROGRAM.program_id, [])

    def refused(_: Request[Any, Any, Any], error: LoyaltyError) -> Response[dict[str, object]]:
        status = 404 if isinstance(error, NotFound) else 422 if isinstance(error, Invalid) else 500
        return Response({"code": error.code, "detail": error.detail, "pointer": error.pointer}, status_code=status)

    return Litestar(
        routes,
        dependencies={
            "caller": Provide(caller),
            "connection": Provide(lent),
            "want": Provide(lambda: nobody_waits, sync_to_thread=False),
        },
        exception_handlers={LoyaltyError: refused},
    )


@pytest.fixture
async def api(sample: Connection) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=cast("Any", application(sample)))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


async def test_every_measure_is_listed_with_its_words_and_traits(api: httpx.AsyncClient) -> None:
    told = (await api.get("/v1/kpis")).json()
    assert told["next_cursor"] is None
    assert [measure["key"] for measure in told["data"]] == sorted(MEASURES.all())
    for measure in told["data"]:
        assert set(measure) == TRAITS
        for words in ("title", "definition", "formula"):
            assert set(measure[words]) == {"en", "fr"}


async def test_an_answer_has_the_shape_of_the_contract(api: httpx.AsyncClient) -> None:
    answered = await api.get(f"/v1/kpis/retention_rate?{MAY}&as_of=2026-03-01T00:00:00Z")
    assert answered.status_code == 200
    told = answered.json()
    assert told.pop("data_as_of").endswith("Z")
    intervals = [told["segments"][name].pop("ci95") for name in ("all", "member", "non_member")]
    intervals.append(told["difference"].pop("ci95"))
    assert [[round(limit, 3) for limit in interval] for interval in intervals] == [
        [0.911, 0.934],
        [0.961, 0.985],
        [0.878, 0.911],
        [0.059, 0.1],
    ]
    assert told == {
        "key": "retention_rate",
        "unit": "ratio",
        "period": {"start": "2017-05-01", "end": "2017-06-01", "timezone": "America/New_York"},
        "as_of": "2026-03-01T00:00:00Z",
        "as_of_lowered": False,
        "partial": False,
        "counts": {"joiners": 534, "overlap": 367},
        "segments": {
            "all": {"num": 1852, "den": 2006, "value": 1852 / 2006},
            "member": {"num": 675, "den": 692, "value": 675 / 692},
            "non_member": {"num": 1177, "den": 1314, "value": 1177 / 1314},
        },
        "difference": {"value": 675 / 692 - 1177 / 1314},
        "reason": None,
        "ci_pending": False,
        "distributions": None,
        "restated": None,
        "compare": None,
    }


async def test_another_name_of_a_measure_answers_the_same_and_says_so(api: httpx.AsyncClient) -> None:
    aliases = {one["key"]: one["alias_of"] for one in (await api.get("/v1/kpis")).json()["data"] if one["alias_of"]}
    assert aliases == {"reorder_rate": "repeat_purchase_rate"}
    as_of = "as_of=2026-03-01T00:00:00Z"
    alias, own = [(await api.get(f"/v1/kpis/{key}?{MAY}&{as_of}")).json() for pair in aliases.items() for key in pair]
    for told in (alias, own):
        del told["data_as_of"], told["key"]
    assert alias == own
    assert (own["segments"]["all"]["num"], own["segments"]["all"]["den"]) == (1748, 2075)


async def test_a_measure_of_members_alone_has_no_other_segments(api: httpx.AsyncClient) -> None:
    told = (await api.get(f"/v1/kpis/member_leave_rate?{MAY}")).json()
    assert (told["segments"]["member"], told["segments"]["non_member"]) == (None, None)
    assert told["difference"] == {"value": None, "ci95": None}


async def test_times_between_purchases_come_with_their_distribution(api: httpx.AsyncClient) -> None:
    told = (await api.get(f"/v1/kpis/days_between_purchases?{MAY}")).json()
    assert set(told["distributions"]) == {"all", "member", "non_member"}
    for name, distribution in told["distributions"].items():
        assert len(distribution["by_day"]) == 182
        assert sum(distribution["by_day"]) == told["segments"][name]["den"]
        assert distribution["median"] > 0


async def test_what_cannot_be_answered_says_why_in_both_languages(api: httpx.AsyncClient) -> None:
    told = (await api.get(f"/v1/kpis/crr_stock?{MAY}")).json()
    assert told["segments"]["all"] == {"num": 0, "den": 0, "value": None, "ci95": None}
    assert told["reason"]["key"] == "history_too_short"
    assert all(told["reason"]["text"][language] for language in ("en", "fr"))


async def test_the_compared_period_has_the_same_shape(api: httpx.AsyncClient) -> None:
    told = (await api.get(f"/v1/kpis/aov?{MAY}&compare=previous")).json()
    assert set(told["compare"]) == FIGURES
    assert told["compare"]["period"]["start"] == "2017-04-01"
    assert told["compare"]["segments"]["member"]["den"] == 5079
    told = (await api.get(f"/v1/kpis/aov?{MAY}&compare=last_year")).json()
    assert told["compare"]["period"] == {"start": "2016-05-01", "end": "2016-06-01", "timezone": "America/New_York"}
    assert told["compare"]["segments"]["all"] == {"num": 0, "den": 0, "value": None, "ci95": None}
    assert told["compare"]["difference"] == {"value": None, "ci95": None}


async def test_a_series_lists_its_periods_oldest_first(api: httpx.AsyncClient) -> None:
    told = (await api.get("/v1/kpis/aov/series?grain=quarter&start=2017-01-01&end=2018-01-01")).json()
    assert set(told) == {"key", "unit", "grain", "as_of", "as_of_lowered", "data_as_of", "periods"}
    assert (told["key"], told["unit"], told["grain"]) == ("aov", "money", "quarter")
    assert [period["segments"]["all"]["den"] for period in told["periods"]] == [37_448, 39_283, 39_678, 38_961]
    assert all(set(period) == FIGURES for period in told["periods"])


async def test_a_knowledge_time_too_late_is_lowered_and_told(api: httpx.AsyncClient) -> None:
    told = (await api.get(f"/v1/kpis/aov?{MAY}&as_of=9999-01-01T00:00:00%2B01:00")).json()
    assert told["as_of_lowered"] is True
    assert told["as_of"] == told["data_as_of"]


async def test_a_knowledge_time_before_everything_knows_nothing(api: httpx.AsyncClient) -> None:
    answered = await api.get(f"/v1/kpis/aov?{MAY}&as_of=0001-01-01T00:00:00Z")
    assert answered.status_code == 200
    assert answered.json()["segments"]["all"]["den"] == 0
    assert answered.json()["partial"] is True


async def test_an_unknown_measure_is_a_404_that_names_the_known_ones(api: httpx.AsyncClient) -> None:
    for path in ("/v1/kpis/churn", "/v1/kpis/aov%00", "/v1/kpis/r%C3%A9tention"):
        answered = await api.get(f"{path}?{MAY}")
        assert answered.status_code == 404
        assert answered.json()["code"] == "unknown_measure"
        assert ", ".join(sorted(MEASURES.all())) in answered.json()["detail"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("start=2017-05-1&end=2017-06-01", "/start"),
        ("start=20170501&end=2017-06-01", "/start"),
        ("start=2017-W18-1&end=2017-06-01", "/start"),
        ("start=2017-02-30&end=2017-06-01", "/start"),
        ("start=0000-01-01&end=2017-06-01", "/start"),
        ("start=%D9%A2017-05-01&end=2017-06-01", "/start"),
        ("start=&end=2017-06-01", "/start"),
        ("start=2017-05-01&end=2017-06-01T00:00:00Z", "/end"),
        ("start=2017-05-01&end=10000-01-01", "/end"),
        ("start=2017-05-01&end=now%00", "/end"),
        ("start=2017-05-01&end=2017-05-01", "/end"),
        ("start=0001-01-01&end=0001-01-02", "/start"),
        ("start=1990-01-01&end=2017-01-01", "/end"),
        (f"{MAY}&compare=yesterday", "/compare"),
        (f"{MAY}&compare=", "/compare"),
        (f"{MAY}&as_of=2017-05-01", "/as_of"),
        (f"{MAY}&as_of=2017-05-01T00:00:00", "/as_of"),
        (f"{MAY}&as_of=2017-05-01T00:00:00+01:00", "/as_of"),
        (f"{MAY}&as_of=2017-05-01T25:00:00Z", "/as_of"),
        (f"{MAY}&as_of=0001-01-01T00:00:00%2B14:00", "/as_of"),
        (f"{MAY}&as_of=", "/as_of"),
    ],
)
async def test_what_is_no_period_is_a_422_that_points_at_it(api: httpx.AsyncClient, query: str, pointer: str) -> None:
    answered = await api.get(f"/v1/kpis/aov?{query}")
    assert answered.status_code == 422
    assert answered.json()["pointer"] == pointer


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("grain=eon&start=2017-01-01&end=2018-01-01", "/grain"),
        ("grain=month&start=2017-01-02&end=2018-01-01", "/start"),
        ("grain=day&start=2010-01-01&end=2018-01-01", "/end"),
    ],
)
async def test_what_is_no_series_is_a_422_that_points_at_it(api: httpx.AsyncClient, query: str, pointer: str) -> None:
    answered = await api.get(f"/v1/kpis/aov/series?{query}")
    assert answered.status_code == 422
    assert answered.json()["pointer"] == pointer


async def test_the_document_names_the_operations_and_their_parameters(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/schema/openapi.json")).json()["paths"]
    operations = {path: paths[path]["get"] for path in paths}
    names = {path: operation["operationId"] for path, operation in operations.items()}
    assert names == {
        "/v1/kpis": "list_kpis",
        "/v1/kpis/{key}": "get_kpi",
        "/v1/kpis/{key}/series": "get_kpi_series",
        "/v1/kpis/{key}/series.csv": "download_kpi_series_csv",
        "/v1/kpis/{key}/series.xlsx": "download_kpi_series_xlsx",
        "/v1/kpis/{key}/customers": "list_kpi_customers",
        "/v1/kpis/{key}/customers.csv": "download_kpi_customers",
        "/v1/liability": "get_liability",
        "/v1/liability.csv": "download_liability_csv",
        "/v1/liability.xlsx": "download_liability_xlsx",
    }
    customers = {"key", "start", "end", "as_of", "segment", "part"}
    for path, parameters in (
        ("/v1/kpis/{key}", {"key", "start", "end", "as_of", "compare"}),
        ("/v1/kpis/{key}/series", {"key", "grain", "start", "end", "as_of"}),
        ("/v1/kpis/{key}/series.csv", {"key", "grain", "start", "end", "as_of"}),
        ("/v1/kpis/{key}/series.xlsx", {"key", "grain", "start", "end", "as_of"}),
        ("/v1/kpis/{key}/customers", {*customers, "cursor", "limit"}),
        ("/v1/kpis/{key}/customers.csv", customers),
    ):
        told = {parameter["name"]: parameter for parameter in operations[path]["parameters"]}
        assert set(told) == parameters
        assert all(parameter["description"] for parameter in told.values())
