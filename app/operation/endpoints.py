"""`/healthz`, `/readyz` and `/metrics`."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.access.needs import Reader
from app.kernel import schema_version
from app.kernel.answers import answer
from app.kernel.database import Database
from app.kernel.problems import Unavailable, documented
from app.kernel.routes import router

open_routes = APIRouter(tags=["Operation"])
routes = router("", "Operation")


@open_routes.get("/healthz", operation_id="healthz", summary="Is the process alive?")
async def healthz() -> dict[str, str]:
    """Whether the process lives."""
    return {"status": "ok"}


@open_routes.get("/readyz", operation_id="readyz", summary="Is it ready to serve?", responses=documented(Unavailable))
async def readyz(request: Request) -> Response:
    """Whether it can serve: the database answers and its schema is the one this version needs."""
    database: Database = request.app.state.database
    async with database.reading() as connection:
        revision = await schema_version.present(connection)
    if revision != schema_version.newest():
        told = f"The schema is at {revision}, this version needs {schema_version.newest()}."
        raise Unavailable(told, headers={"Retry-After": "5"})
    return answer({"status": "ready", "schema": revision})


@routes.get(
    "/metrics",
    operation_id="get_prometheus_metrics",
    summary="Figures of the service, for Prometheus",
    response_class=PlainTextResponse,
)
async def metrics(actor: Reader) -> Response:
    """Figures of the service itself, in the Prometheus format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
