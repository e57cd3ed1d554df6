"""create_app(): wiring, nothing else."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

from fastapi import FastAPI, Request

from app.access import endpoints as access
from app.access import service as access_service
from app.access.peppers import peppers_of
from app.attention import endpoints as attention
from app.attention import events as attention_events
from app.board import endpoints as board
from app.catalogue import delegation_endpoints as delegations
from app.catalogue import endpoints as catalogue
from app.catalogue import events as catalogue_events
from app.commitments import endpoints as commitments
from app.commitments import events as commitment_events
from app.customers import endpoints as customers
from app.customers import events as customer_events
from app.customers import outcome_endpoints as customer_outcomes
from app.customers import relationship_endpoints as customer_relationships
from app.customers import relationship_events
from app.customers.passing_on import member_left as pass_on_customers
from app.digests import endpoints as digests
from app.digests import events as digest_events
from app.directory import endpoints as directory
from app.directory import events as directory_events
from app.directory.standing import standing_of
from app.exchange import endpoints as exchange
from app.kernel import documentation, failures, schema_version
from app.kernel.child_process import end_with_parent
from app.kernel.database import Database
from app.kernel.event_types import Catalogue
from app.kernel.garbage import keep_for_good, seek_circles_seldom
from app.kernel.head import HeadAsGet
from app.kernel.postgres import EmbeddedPostgres
from app.kernel.protocol import AT_SHUTDOWN
from app.kernel.sealing import seal_of
from app.kernel.telemetry import Telemetry, configure_logging
from app.kernel.work import work_of
from app.metrics import budget_endpoints
from app.metrics import endpoints as metrics
from app.metrics import events as metric_events
from app.metrics import feedback_endpoints as feedback_reports
from app.metrics import outcome_endpoints as outcome_reports
from app.operation import endpoints as operation
from app.recognition import endpoints as recognition
from app.recognition import events as recognition_events
from app.ripple import endpoints as ripple
from app.ripple.forecasting import events as ripple_events
from app.ripple.forecasting import forecast_endpoints as forecasts
from app.ripple.forecasting.lessons import Lessons
from app.ripple.what_if import what_if_endpoints as what_if
from app.scorecards import endpoints as scorecards
from app.service_levels import endpoints as service_levels
from app.service_levels import exclusion_endpoints, objective_endpoints
from app.settings import Settings
from app.suggestions import endpoints as suggestions
from app.suggestions import events as suggestion_events
from app.tickets import endpoints as tickets
from app.tickets import events as ticket_events
from app.tickets import verb_endpoints as ticket_verbs
from app.tickets.leaving.passing_on import member_left as pass_on_tickets
from app.tickets.terms import endpoints as ticket_slas
from app.tickets.terms.rescheduling import calendar_changed
from app.touchpoints import endpoints as touchpoints
from app.touchpoints import key_people_endpoints as key_people
from app.touchpoints.brief import brief_of
from app.webhooks import events as webhook_events
from app.webhooks.endpoints import endpoints as webhook_endpoints
from app.webhooks.feed import endpoints as feed
from app.webhooks.feed import event_type_endpoints as event_types
from app.webhooks.feed.event_documentation import document_webhooks
from app.webhooks.feed.streams import Streams
from app.webhooks.looking_after import delivery_endpoints as webhook_deliveries
from app.webhooks.looking_after import endpoints as webhook_actions
from app.webhooks.wire.resolving import Names
from app.worth import endpoints as worth

TAGS = [
    {"name": "Access", "description": "Who am I, and which keys exist."},
    {"name": "Directory", "description": "The organisation: departments, members and the calendars they keep."},
    {"name": "Customers", "description": "Whom it is all for."},
    {"name": "Commitments", "description": "What was promised to a customer, by when, and how that went."},
    {"name": "Service catalogue", "description": "What each department can be asked for."},
    {"name": "SLAs", "description": "What each provider undertakes: targets, business hours, what pauses them."},
    {"name": "Tickets", "description": "What departments ask of each other, and how it goes."},
    {"name": "Feedback", "description": "What people say: who is thanked, and what could be better."},
    {"name": "Ripple", "description": "How internal delays reach the customer."},
    {"name": "Reports", "description": "What happened in a period, counted by whatever one likes, as JSON or CSV."},
    {
        "name": "Scorecards",
        "description": "How a department, and a member, serves others, and what they should know of a day or week.",
    },
    {"name": "Attention", "description": "What nobody seems to look after, and what helps."},
    {"name": "Events", "description": "What changed, in order: the feed to catch up from."},
    {"name": "Webhooks", "description": "Who is told of what changes, how that goes, and how to get what was missed."},
    {"name": "Import", "description": "Event logs of other tools, as tickets with their lives."},
    {"name": "Operation", "description": "Is it alive, is it ready, how is it doing."},
]
DESCRIPTION = """
Outward records the requests departments make of each other as tickets with service levels, links each to the external
customer it ultimately serves, and computes how internal delays ripple outward to that customer.

Press **Authorize**, paste the key that `make run` printed, and try anything: the examples work against the demo
company.
"""
# Routes are tried in this order: those asked most come first. People see the order of TAGS.
ROUTES = (
    tickets.routes,
    ticket_verbs.routes,
    commitments.routes,
    customers.routes,
    customer_outcomes.routes,
    customer_relationships.routes,
    touchpoints.routes,
    ripple.engine_routes,
    ripple.routes,
    ripple.fit_routes,
    what_if.routes,
    forecasts.routes,
    metrics.routes,
    feedback_reports.routes,
    budget_endpoints.routes,
    outcome_reports.routes,
    key_people.routes,
    recognition.routes,
    suggestions.routes,
    worth.routes,
    worth.customer_routes,
    feed.routes,
    event_types.routes,
    webhook_endpoints.routes,
    webhook_actions.routes,
    webhook_deliveries.routes,
    directory.routes,
    catalogue.routes,
    delegations.routes,
    board.routes,
    board.pages,
    service_levels.routes,
    ticket_slas.routes,
    objective_endpoints.routes,
    exclusion_endpoints.routes,
    exchange.streamed_routes,
    exchange.routes,
    attention.routes,
    scorecards.routes,
    scorecards.link_routes,
    scorecards.pages,
    digests.routes,
    access.routes,
    operation.open_routes,
    operation.routes,
)

EVENT_TYPES = Catalogue(
    (
        *ticket_events.TYPES,
        *commitment_events.TYPES,
        *ripple_events.TYPES,
        *customer_events.TYPES,
        *relationship_events.TYPES,
        *catalogue_events.TYPES,
        *directory_events.TYPES,
        *recognition_events.TYPES,
        *suggestion_events.TYPES,
        *metric_events.TYPES,
        *attention_events.TYPES,
        *digest_events.TYPES,
        *webhook_events.TYPES,
    ),
)
"""What events tell."""

CALENDAR_CHANGED = (calendar_changed,)
"""What follows when a calendar has other business hours from now on."""

MEMBER_LEFT = (pass_on_tickets, pass_on_customers)
"""What passes on what a member held who leaves."""


def create_app(settings: Settings, *, now: Callable[[], datetime] | None = None) -> FastAPI:
    """The service; it opens its database when it starts, or is given one with `use`. `now` is the clock it goes by."""
    app = FastAPI(
        title="Outward",
        summary="How internal delays reach the customer.",
        description=DESCRIPTION,
        version="0.1.0",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.now = now or _now
    app.state.authenticate = _authenticate
    app.state.calendar_changed = CALENDAR_CHANGED
    app.state.customer_brief = brief_of
    app.state.member_left = MEMBER_LEFT
    app.state.event_types = EVENT_TYPES
    app.state.resolve = Names()
    app.state.standing_of = standing_of
    for routes in ROUTES:
        app.include_router(routes)
    documentation.install(app, partial(document_webhooks, catalogue=EVENT_TYPES))
    failures.install(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Telemetry)
    return app


def use(app: FastAPI, database: Database, replica: Database | None = None) -> None:
    """Gives the service its database, and a replica for its reports where there is one."""
    app.state.database = database
    app.state.replica = replica
    app.state.lessons = Lessons()
    app.state.seal = seal_of(app.state.settings)
    app.state.peppers = peppers_of(app.state.settings)
    app.state.authenticator = access_service.Authenticator(database, app.state.peppers, standing_of)
    app.state.streams = Streams(database, app.state.settings.event_streams)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
    settings: Settings = app.state.settings
    async with opened_database(settings) as database:
        replica = Database(settings.database_read_url) if settings.database_read_url else None
        use(app, database, replica)
        yield {AT_SHUTDOWN: app.state.streams.end}
        if replica is not None:
            await replica.close()


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


async def _authenticate(request: Request) -> None:
    actor = await request.app.state.authenticator.actor(request.headers.get("authorization"))
    request.state.actor = actor
    work_of(request).actor = actor.document()


@contextmanager
def database_server(settings: Settings) -> Iterator[str]:
    """The URL of the database's server: the one that was set, else the embedded one, kept running meanwhile."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir) as address:
        yield address.url


@asynccontextmanager
async def opened_database(settings: Settings, *, revision: str | None = "head") -> AsyncIterator[Database]:
    """The database of the settings, migrated, with its bootstrap key.

    With another `revision` than `head` the schema is brought there and nothing more; with None it is left as it is.
    """
    with database_server(settings) as url:
        database = Database(url, pool_size=settings.pool_size)
        try:
            if revision is not None:
                await schema_version.migrate(database, revision)
            if settings.bootstrap_key is not None and revision == "head":
                async with database.writing() as connection:
                    token = settings.bootstrap_key.get_secret_value()
                    await access_service.bootstrap(connection, token, peppers_of(settings))
            yield database
        finally:
            await database.close()


async def admin_key(settings: Settings, database: Database) -> str | None:
    """The admin key that an embedded installation keeps in its data directory, made when there is none.

    None with a server elsewhere: there `OUTWARD_BOOTSTRAP_KEY` or `outward keys create` give the first key.
    """
    if settings.database_url is not None:
        return None
    async with database.writing() as connection:
        file, peppers = settings.data_dir / "admin.key", peppers_of(settings)
        return await access_service.kept_admin_key(connection, file, peppers, standing_of)


def app_from_environment() -> FastAPI:
    """The service as `outward serve` runs it in each of its processes."""
    end_with_parent()
    settings = Settings()
    configure_logging(settings.log_format)
    app = create_app(settings)
    seek_circles_seldom()
    keep_for_good()
    return app
