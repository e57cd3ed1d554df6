"""`/healthz`, `/readyz` and `/metrics`."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from app.access.needs import Reader
from app.kernel import schema_version
from app.kernel.answers import answer
from app.kernel.database import Database
from app.kernel.problems import Unavailable, documented
from app.kernel.routes import router
from app.kernel.work import Reads
from app.operation.background import BackgroundWork, background_work

WORKERS = Gauge("outward_background_workers", "Workers that live, of all processes.")
ALARMS_BEHIND = Gauge("outward_alarms_behind_seconds", "Since when the oldest alarm that is due has waited.")
JOBS_BEHIND = Gauge("outward_jobs_behind_seconds", "Since when the oldest job that is due has waited.")
JOBS_FAILING = Gauge("outward_jobs_failing", "Jobs that have failed and will be tried again.")

open_routes = APIRouter(tags=["Operation"])
routes = router("", "Operation")


@open_routes.get("/healthz", operation_id="healthz", summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    """Whether the process lives."""
    return {"status": "ok"}


@dataclass(frozen=True, slots=True)
class Readiness:
    """What `/readyz` answers when the service can serve: its schema's revision, and who does the background work."""

    status: Literal["ready"]
    schema: str
    background_work: BackgroundWork


@open_routes.get(
    "/readyz",
    operation_id="readyz",
    summary="Is it ready to serve?",
    response_model=Readiness,
    responses=documented(Unavailable),
)
async def readyz(request: Request) -> Response:
    """Whether it can serve: the database answers and its schema is the one this version needs.

    `background_work` tells whether any worker lives, in whatever process, for how many seconds the oldest alarm and the
    oldest job that are due have waited, and how many jobs fail. Without a worker it is ready all the same: it answers,
    and what is due by itself is caught up with once there is one.
    """
    database: Database = request.app.state.database
    async with database.writing() as connection:
        revision = await schema_version.present(connection)
        if revision != schema_version.newest():
            told = f"The schema is at {revision}, this version needs {schema_version.newest()}."
            raise Unavailable(told, headers={"Retry-After": "5"})
        return answer(Readiness("ready", revision, await background_work(connection, request.app.state.now())))


@routes.get(
    "/metrics",
    operation_id="get_prometheus_metrics",
    summary="Figures of the service, for Prometheus",
    response_class=PlainTextResponse,
)
async def metrics(work: Reads, actor: Reader) -> Response:
    """Figures of the service itself, in the Prometheus format: this process's requests, and how far behind the
    background work is.

    What a worker has done it counts itself: see `outward worker --metrics-port`.
    """
    # In a transaction instead, on the one connection that a request has.
    await work.begin_again()
    await work.write()
    found = await background_work(work.connection, work.now)
    WORKERS.set(found.workers)
    ALARMS_BEHIND.set(found.alarms_behind_seconds)
    JOBS_BEHIND.set(found.jobs_behind_seconds)
    JOBS_FAILING.set(found.jobs_failing)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
