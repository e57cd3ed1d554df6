"""Running it: `serve`, `worker`, `migrate`, `doctor`, `demo`."""

import asyncio
import json
import signal
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
import uvicorn
from prometheus_client import start_http_server

from app.access import service as access
from app.cli import secret_key
from app.cli.console import Json, fail, settings_of_environment, tell, with_database
from app.kernel import schema_version
from app.kernel.data_directory import DatabaseUnavailable
from app.kernel.database import Database
from app.kernel.secret_key import MissingSecretKey
from app.kernel.telemetry import configure_logging
from app.main import admin_key, database_server, opened_database
from app.operation.background import background_work, why_a_job_failed
from app.settings import Settings
from app.webhooks.condition import condition
from app.webhooks.log.retention import missing_partitions
from app.worker import run_worker, worker_beside

command = typer.Typer()


@command.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="How many processes answer.", min=1)] = 1,
    no_background: Annotated[
        bool, typer.Option("--no-background", help="Leave the background work to others.")
    ] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo company first, once.")] = False,
) -> None:
    """Serves the API and, in a process beside it, does the background work."""
    settings = settings_of_environment()

    async def prepare() -> str | None:
        async with opened_database(settings) as database:
            if demo:
                from app.demo.loading import load_demo

                await load_demo(database, say=lambda text: print(text, file=sys.stderr))
            return await admin_key(settings, database)

    # uvicorn sends itself the signal again once it has shut down; as an exit it lets the database be stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with database_server(settings):
        _announce(f"http://{host}:{port}", asyncio.run(prepare()))
        configure_logging(settings.log_format)
        with nullcontext() if no_background else worker_beside():
            uvicorn.run(
                "app.main:app_from_environment",
                factory=True,
                http="app.kernel.protocol:ProblemProtocol",
                host=host,
                port=port,
                workers=workers,
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=10,
                # A process on a busy machine needs more than the default 5 s before it can say that it lives.
                timeout_worker_healthcheck=60,
            )


def _announce(url: str, key: str | None) -> None:
    print(f"\n  Outward     {url}\n  Swagger UI  {url}/docs\n  OpenAPI     {url}/openapi.json", flush=True)
    if key is not None:
        print(f'  Admin key   {key}\n\n  Try         curl -H "Authorization: Bearer {key}" {url}/v1/me\n', flush=True)


@command.command()
def worker(
    metrics_port: Annotated[int | None, typer.Option(help="Where Prometheus may ask.", min=1, max=65535)] = None,
    metrics_host: Annotated[str, typer.Option(help="The address Prometheus may ask.")] = "127.0.0.1",
    until_stdin_ends: Annotated[bool, typer.Option("--until-stdin-ends", hidden=True)] = False,
) -> None:
    """Does the background work alone: alarms, escalations and whatever else is due by itself."""
    settings = settings_of_environment()
    if metrics_port is not None:
        try:
            start_http_server(metrics_port, metrics_host)
        except OSError as error:
            fail(f"{metrics_host}:{metrics_port} can't be listened on: {error.strerror or error}")
    run_worker(settings, until_stdin_ends=until_stdin_ends)


@command.command()
def migrate(
    to: Annotated[str, typer.Option(help="A revision, `head` or `base`.")] = "head", as_json: Json = False
) -> None:
    """Brings the schema up or down to a revision."""
    settings = settings_of_environment()

    async def run() -> str | None:
        async with opened_database(settings, revision=to) as database, database.reading() as connection:
            return await schema_version.present(connection)

    at = asyncio.run(run())
    tell({"revision": at}, as_json, f"The schema is at {at or 'base'}.")


@command.command()
def doctor(as_json: Json = False) -> None:
    """Checks the settings, the database, the schema and the keys; names what is wrong and how to mend it."""
    findings = asyncio.run(_examine(settings_of_environment()))
    healthy = all(finding["ok"] for finding in findings)
    lines = [f"{'ok  ' if each['ok'] else 'FAIL'}  {each['what']}: {each['says']}" for each in findings]
    tell({"healthy": healthy, "findings": findings}, as_json, "\n".join(lines))
    raise SystemExit(0 if healthy else 1)


async def _examine(settings: Settings) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = []

    def found(what: str, ok: bool, says: str) -> None:
        findings.append({"what": what, "ok": ok, "says": says})

    try:
        found("secret key", *secret_key.strength(settings))
    except MissingSecretKey as error:
        found("secret key", False, str(error))
        return findings
    try:
        async with opened_database(settings, revision=None) as database, database.writing() as connection:
            found("database", True, "answers")
            at, needed = await schema_version.present(connection), schema_version.newest()
            mend = "" if at == needed else f"; run `outward migrate` to bring it to {needed}"
            found("schema", at == needed, f"{at or 'none'}{mend}")
            if at is not None:
                admins = await access.admin_keys(connection)
                mend = "" if admins else "; run `outward keys create --name NAME --role admin`"
                found("admin keys", admins > 0, f"{admins}{mend}")
            if at == needed:
                found("secrets at rest", *await secret_key.examined(connection, settings))
                found("webhook endpoints", *await condition(connection))
                doing = await background_work(connection, datetime.now(UTC))
                mend = "" if doing.alive else "; `outward serve` or `outward worker` does what falls due meanwhile"
                found("background work", True, f"workers that live: {doing.workers}{mend}")
                late = await missing_partitions(connection, datetime.now(UTC))
                says = f"missing: {', '.join(late)}; a worker makes them" if late else "all there"
                found("partitions", not late or not doing.alive, says)
                why = await why_a_job_failed(connection)
                found("jobs", why is None, f"{doing.jobs_failing} that failed{f', such as {why}' if why else ''}")
    except (DatabaseUnavailable, OSError) as error:
        found("database", False, f"{error}; check OUTWARD_DATABASE_URL and that the server runs")
    return findings


@command.command()
def demo(as_json: Json = False) -> None:
    """Loads the demo company, once."""

    async def run(_: Settings, database: Database) -> Any:
        from app.demo.loading import load_demo

        return await load_demo(database, say=lambda text: print(text, file=sys.stderr))

    loaded = with_database(run)
    tell(loaded, as_json, json.dumps(loaded))
