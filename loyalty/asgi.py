"""The door for HTTP: puts the API, the documentation, the health checks and the panel together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Literal

from litestar import Litestar, Request, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler, ExceptionHandlersMap, Method
from redis.asyncio import Redis

from admin.app import panel
from kpi.api import routes as kpi_routes
from kpi.impact.api import router as impact
from kpi.inputs.api import router as kpi_inputs
from kpi.objectives.api import router as objectives
from loyalty.account_page.api import router as page_links
from loyalty.account_page.routes import ROUTES as OWN_PAGES
from loyalty.auth.api import document_scopes
from loyalty.background import register_consumers
from loyalty.backtests.api import router as backtests
from loyalty.database import connect
from loyalty.deeds.api import router as deeds
from loyalty.desk import PanelDesk, provide_want
from loyalty.earning.api import router as earning_rules
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.exports.api import router as exports
from loyalty.holdouts.api import router as holdouts
from loyalty.idempotency.api import provide_key
from loyalty.imports.api import router as imports
from loyalty.jobs.doorbell import ArqDoorbell
from loyalty.members.api import router as members
from loyalty.members.customers_api import router as customers
from loyalty.outbox import consumers
from loyalty.programs.api import KnownKeys, admit, provide_caller, provide_connection, provide_source
from loyalty.programs.clock_api import router as test_clock
from loyalty.purchases.api import router as purchases
from loyalty.referrals.api import router as referrals
from loyalty.refusals.keeping import RefusalKeeper, keeping_refusals
from loyalty.rewards.api import router as rewards
from loyalty.segments.api import router as segments
from loyalty.settings import Settings
from loyalty.tiers.api import router as tiers
from loyalty.web.health import livez, readyz
from loyalty.web.limits import RateLimits
from loyalty.web.logs import log_as_json
from loyalty.web.openapi import DOCS, openapi_config
from loyalty.web.problems import on_failure, on_http, on_refusal
from loyalty.web.requests import request_ids
from surveys.answers.pages import router as survey_pages
from surveys.invitations.api import router as survey_invitations
from surveys.invitations.keys import keyring
from surveys.plans.api import router as surveys
from surveys.results.api import router as survey_results
from surveys.results.returns_api import router as survey_returns

TAGS = [
    ("purchases", "Record purchases, refunds and cancellations of members and of non-members alike."),
    ("members", "Enrol customers, and show their points."),
    ("customers", "What is known of a person, member or not; export, erasure, and merging two that are one."),
    ("earning rules", "What purchases and actions earn: versions, drafts, publishing, trying on past purchases."),
    ("rewards", "Offer rewards, and redeem them: hold, capture, release, reverse."),
    ("referrals", "Members bring friends by a code; both are rewarded when the friend has bought and kept it."),
    ("segments", "Group customers by what they did and what is known of them; the worker keeps who is in each."),
    ("tiers", "What members reach by what they earn or spend, and what they keep for how long."),
    ("surveys", "Ask customers whether they would recommend the shop; who is not asked is kept with the reason."),
    ("kpis", "Measure the programme: members beside non-members, with intervals."),
    ("impact", "What the programme does: the effect estimated by matching, and measured by holding customers out."),
    ("imports", "Bring in files: members, purchases, refunds, balances; the worker does it, and says what it refused."),
    ("exports", "Have files written of what a programme has; the worker does it."),
    ("kpi inputs", "Enter what no purchase tells: money spent, leads, unit costs, and what a point costs."),
    ("test mode", "A test key calls a programme of its own, whose clock can be set forward."),
]
_READING = {"GET", "HEAD", "OPTIONS"}
# What a page of another origin may send and see, where such pages are let in.
_SENT = ["authorization", "content-type", "idempotency-key", "if-match", "x-request-id"]
_SEEN = [
    *("etag", "idempotency-replayed", "retry-after", "survey-skipped"),
    *("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
]
_HANDLERS: ExceptionHandlersMap = {LoyaltyError: on_refusal, HTTPException: on_http, Exception: on_failure}


async def _ring(request: Request[object, object, State]) -> None:
    """Have the worker look at what a write has left for it; nobody waits for that."""
    if request.method not in _READING and consumers():
        request.app.state.doorbell.ring_soon()


# What storefronts call: every operation asks for a key, and what the key may do.
_API: list[ControllerRouterHandler] = [
    Router(path="/", route_handlers=[purchases, deeds], middleware=[keeping_refusals]),
    members,
    page_links,
    customers,
    earning_rules,
    backtests,
    rewards,
    referrals,
    segments,
    tiers,
    imports,
    exports,
    surveys,
    survey_invitations,
    survey_results,
    survey_returns,
    *kpi_routes,
    kpi_inputs,
    impact,
    holdouts,
    objectives,
    test_clock,
]


def create_app(settings: Settings | None = None) -> Litestar:
    """Make the application; `loyalty serve` starts the embedded servers and sets the two URLs that it needs."""
    settings = settings or Settings()
    log_as_json()
    register_consumers()
    told = {"public_url": settings.public_url, "mails": settings.smtp_url is not None, "links": keyring(settings)}
    state = State(told)

    @asynccontextmanager
    async def pools(_: Litestar) -> AsyncIterator[None]:
        if not settings.database_url or not settings.redis_url:
            msg = "DATABASE_URL and REDIS_URL are not set. `loyalty serve` starts embedded servers and sets both."
            raise RuntimeError(msg)
        async with connect(settings, settings.database_url) as database:
            state.database = database
            state.known_keys, state.rules = KnownKeys(), RulesCache()
            state.redis = Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
            state.doorbell = ArqDoorbell(settings.redis_url)
            state.rate_limits = RateLimits(settings.redis_url, settings.rate_limit_per_minute)
            state.refusals = RefusalKeeper(database)
            try:
                yield
            finally:
                await state.refusals.close()
                await state.rate_limits.close()
                await state.doorbell.close()
                await state.redis.aclose()

    desk = PanelDesk(state, settings.public_url)
    api = Router(
        path="/",
        route_handlers=_API,
        before_request=admit,
        after_response=_ring,
    )
    app = Litestar(
        route_handlers=[api, livez, readyz, *DOCS, *OWN_PAGES, survey_pages, panel(lambda: desk)],
        lifespan=[pools],
        state=state,
        dependencies={
            "caller": Provide(provide_caller),
            "source": Provide(provide_source),
            "connection": Provide(provide_connection),
            "want": Provide(provide_want, sync_to_thread=False),
            "idempotency_key": Provide(provide_key),
        },
        exception_handlers=_HANDLERS,
        middleware=[request_ids],
        request_max_body_size=64 * 1024,
        openapi_config=openapi_config(version("loyalty"), TAGS),
        cors_config=_cors(settings.cors_origins),
        logging_config=None,
    )
    document_scopes(app)
    return app


def _cors(origins: list[str]) -> CORSConfig | None:
    """Let pages of some origins call the API, always with a key and never with a cookie."""
    if not origins:
        return None
    methods: list[Method | Literal["*"]] = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    seen = [*_SEEN, "x-request-id"]
    return CORSConfig(allow_origins=origins, allow_methods=methods, allow_headers=_SENT, expose_headers=seen)
