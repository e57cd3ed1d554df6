"""The `outward` command: each subcommand parses, calls one use case, and prints."""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
from uuid import UUID

import typer
import uvicorn
from prometheus_client import start_http_server
from pydantic import ValidationError

from app.access import service as access
from app.access.schemas import ApiKeyDraft
from app.configuration.applying import apply_configuration
from app.configuration.exporting import as_yaml, configuration
from app.configuration.gathering import gather
from app.configuration.places import BadConfiguration
from app.configuration.planning import Plan
from app.configuration.telling import mistakes_document, plan_document, plan_told
from app.exchange.export import Dataset, Format, replacing, run_export
from app.exchange.importing import MappingError, Progress, Stopped, Summary, UnreadableLog, run_import
from app.exchange.mapping import read_mapping
from app.kernel import schema_version
from app.kernel.answers import to_json
from app.kernel.data_directory import DatabaseUnavailable
from app.kernel.database import Database, Unreachable
from app.kernel.paging import Listing
from app.kernel.problems import Problem
from app.kernel.secret_key import MissingSecretKey
from app.kernel.telemetry import configure_logging
from app.main import CALENDAR_CHANGED, admin_key, database_server, opened_database, pepper
from app.operation.background import background_work, why_a_job_failed
from app.settings import Settings
from app.worker import run_worker, worker_beside

T = TypeVar("T")

command = typer.Typer(
    name="outward", no_args_is_help=True, add_completion=False, help="How internal delays reach the customer."
)
keys = typer.Typer(no_args_is_help=True, help="API keys.")
command.add_typer(keys, name="keys")

Json = Annotated[bool, typer.Option("--json", help="Print for machines.")]


def main() -> None:
    """Exit codes: 0, 1 when it failed, 2 when it was used wrongly."""
    try:
        command()
    except (DatabaseUnavailable, MissingSecretKey, Unreachable, LookupError) as error:
        _fail(str(error))
    except Problem as problem:
        _fail(problem.detail)


def _fail(reason: str, code: int = 1) -> NoReturn:
    print(f"outward: {reason}", file=sys.stderr)
    raise SystemExit(code)


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        _fail(f"OUTWARD_{str(first['loc'][0]).upper()} {first['msg'].removeprefix('Value error, ')}.", 2)


class Exported(StrEnum):
    """What can be written out: the datasets, and the configuration."""

    TICKETS = Dataset.TICKETS
    CLOCKS = Dataset.CLOCKS
    COMMITMENTS = Dataset.COMMITMENTS
    RIPPLE = Dataset.RIPPLE
    EVENTS = Dataset.EVENTS
    CONFIG = "config"


def _with_database(use: Callable[[Settings, Database], Awaitable[T]]) -> T:
    settings = _settings()

    async def run() -> T:
        async with opened_database(settings) as database:
            return await use(settings, database)

    return asyncio.run(run())


def _print(value: Any, as_json: bool, text: str) -> None:
    print(to_json(value).decode() if as_json else text)


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
    settings = _settings()

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
    settings = _settings()
    if metrics_port is not None:
        try:
            start_http_server(metrics_port, metrics_host)
        except OSError as error:
            _fail(f"{metrics_host}:{metrics_port} can't be listened on: {error.strerror or error}")
    run_worker(settings, until_stdin_ends=until_stdin_ends)


@command.command()
def migrate(
    to: Annotated[str, typer.Option(help="A revision, `head` or `base`.")] = "head", as_json: Json = False
) -> None:
    """Brings the schema up or down to a revision."""
    settings = _settings()

    async def run() -> str | None:
        async with opened_database(settings, revision=to) as database, database.reading() as connection:
            return await schema_version.present(connection)

    at = asyncio.run(run())
    _print({"revision": at}, as_json, f"The schema is at {at or 'base'}.")


@command.command()
def doctor(as_json: Json = False) -> None:
    """Checks the settings, the database, the schema and the keys; names what is wrong and how to mend it."""
    findings = asyncio.run(_examine(_settings()))
    healthy = all(finding["ok"] for finding in findings)
    lines = [f"{'ok  ' if each['ok'] else 'FAIL'}  {each['what']}: {each['says']}" for each in findings]
    _print({"healthy": healthy, "findings": findings}, as_json, "\n".join(lines))
    raise SystemExit(0 if healthy else 1)


async def _examine(settings: Settings) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = []

    def found(what: str, ok: bool, says: str) -> None:
        findings.append({"what": what, "ok": ok, "says": says})

    try:
        pepper(settings)
        found("secret key", True, "present")
    except MissingSecretKey as error:
        found("secret key", False, str(error))
        return findings
    try:
        async with opened_database(settings, revision=None) as database, database.reading() as connection:
            found("database", True, "answers")
            at, needed = await schema_version.present(connection), schema_version.newest()
            mend = "" if at == needed else f"; run `outward migrate` to bring it to {needed}"
            found("schema", at == needed, f"{at or 'none'}{mend}")
            if at is not None:
                admins = await access.admin_keys(connection)
                mend = "" if admins else "; run `outward keys create --name NAME --role admin`"
                found("admin keys", admins > 0, f"{admins}{mend}")
            if at == needed:
                doing = await background_work(connection, datetime.now(UTC))
                mend = "" if doing.alive else "; `outward serve` or `outward worker` does what falls due meanwhile"
                found("background work", True, f"workers that live: {doing.workers}{mend}")
                why = await why_a_job_failed(connection)
                found("jobs", why is None, f"{doing.jobs_failing} that failed{f', such as {why}' if why else ''}")
    except (DatabaseUnavailable, OSError) as error:
        found("database", False, f"{error}; check OUTWARD_DATABASE_URL and that the server runs")
    return findings


@command.command("import")
def import_log(
    file: Annotated[Path, typer.Argument(help="XES, CSV or JSONL, each also gzipped.", exists=True, dir_okay=False)],
    mapping: Annotated[Path, typer.Option(help="What the log's columns mean (TOML).", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything and keep nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first mistake, with nothing kept.")] = False,
    as_json: Json = False,
) -> None:
    """Imports an event log; importing it again changes nothing."""
    settings = _settings()
    try:
        meaning = read_mapping(mapping.read_bytes())
    except MappingError as error:
        _fail(f"{mapping}: {error}", 2)

    async def run(_: Settings, database: Database) -> Summary:
        return await run_import(
            database,
            file,
            meaning,
            now=datetime.now(UTC).replace(microsecond=0),
            max_bytes=settings.import_max_bytes,
            dry_run=dry_run,
            strict=strict,
            progress=_tell_progress if sys.stderr.isatty() else None,
        )

    try:
        summary = _with_database(run)
    except MappingError as error:
        _fail(f"{mapping}: {error}", 2)
    except (UnreadableLog, Stopped, OSError) as error:
        _fail(f"{file}: {error}")
    figures = asdict(summary)
    errors = figures.pop("errors")
    lines = [f"{name.replace('_', ' '):<24}{count:>10}" for name, count in figures.items()]
    lines += [f"line {error['line']}: {error['reason']}" for error in errors]
    _print(summary, as_json, "\n".join(lines))


@command.command("apply")
def apply_files(
    files: Annotated[list[Path], typer.Argument(help="YAML; - is what is piped in.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything and keep nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Makes the configuration as files state it, all of it or nothing; applying them again changes nothing."""

    async def run(_: Settings, database: Database) -> Plan:
        return await apply_configuration(
            database,
            wanted,
            now=datetime.now(UTC).replace(microsecond=0),
            files=[str(file) for file in files],
            calendar_changed=CALENDAR_CHANGED,
            dry_run=dry_run,
            planned=None if as_json else lambda changes: print(plan_told(changes), flush=True),
        )

    try:
        wanted = gather((str(file), _content(file)) for file in files)
        plan = _with_database(run)
    except BadConfiguration as error:
        print(error, file=sys.stderr)
        if as_json:
            _print(mistakes_document(error.mistakes, dry_run=dry_run), True, "")
        _fail("nothing was changed.")
    kept = "Applied." if plan.changes else "Nothing to change."
    _print(plan_document(plan, dry_run=dry_run), as_json, "Dry run: nothing was changed." if dry_run else kept)


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        _fail(f"{file}: {error.strerror or error}.", 2)


@command.command()
def export(
    dataset: Annotated[Exported, typer.Argument(help="What to write.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The file to write; config goes to the terminal without.")
    ] = None,
    format_: Annotated[Format | None, typer.Option("--format", help="How to write it; config is YAML.")] = None,
    as_json: Json = False,
) -> None:
    """Writes a dataset, or the configuration, into a file, whole or not at all."""
    if dataset is Exported.CONFIG:
        if format_ is not None:
            _fail("--format is of datasets; config is YAML, or JSON with --json.", 2)
        _export_configuration(out, as_json)
    elif out is None:
        _fail(f"-o is needed: {dataset} are written into a file.", 2)
    else:
        _export_dataset(Dataset(dataset), out, format_ or Format.CSV, as_json)


def _export_configuration(out: Path | None, as_json: bool) -> None:
    async def run(_: Settings, database: Database) -> dict[str, list[dict[str, Any]]]:
        async with database.reading() as connection:
            return await configuration(connection)

    sections = _with_database(run)
    if out is None:
        print(to_json(sections).decode() if as_json else as_yaml(sections), end="\n" if as_json else "")
        return
    try:
        with replacing(out) as file:
            file.write(as_yaml(sections).encode())
    except OSError as error:
        _fail(f"{out}: {error.strerror or error}")
    entries = sum(map(len, sections.values()))
    _print({"dataset": "config", "rows": entries, "file": str(out)}, as_json, f"{entries:,} entries written to {out}.")


def _export_dataset(dataset: Dataset, out: Path, format_: Format, as_json: bool) -> None:

    async def run(settings: Settings, database: Database) -> int:
        now = datetime.now(UTC).replace(microsecond=0)
        told = _tell_rows if sys.stderr.isatty() else None
        if settings.database_read_url is None:
            return await run_export(database, dataset, format_, out, now=now, progress=told)
        replica = Database(settings.database_read_url, pool_size=2)
        try:
            return await run_export(replica, dataset, format_, out, now=now, progress=told)
        finally:
            await replica.close()

    try:
        rows = _with_database(run)
    except OSError as error:
        _fail(f"{out}: {error.strerror or error}")
    _print({"dataset": dataset, "rows": rows, "file": str(out)}, as_json, f"{rows:,} rows written to {out}.")


def _tell_rows(rows: int) -> None:
    print(f"\r{rows:>12,} rows", end="", file=sys.stderr, flush=True)


def _tell_progress(progress: Progress) -> None:
    share = progress.bytes_read / max(1, progress.bytes_total)
    told = f"{share:4.0%}  {progress.events_read:>10,} events read  {progress.cases_stored:>8,} cases stored"
    print(f"\r{told}", end="" if share < 1 else "\n", file=sys.stderr, flush=True)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    role: Annotated[str, typer.Option(help="admin, analyst or integration.")],
    permission: Annotated[list[str] | None, typer.Option(help="read, write or backdate; for an integration.")] = None,
    department: Annotated[list[str] | None, typer.Option(help="The key of a department it is tied to.")] = None,
    as_json: Json = False,
) -> None:
    """Makes a key and shows it, this once."""

    async def run(settings: Settings, database: Database) -> Any:
        from app.directory.departments import ids_of_keys

        async with database.writing() as connection:
            ids = await ids_of_keys(connection, department or [])
            fields = {"name": name, "role": role, "permissions": permission or [], "department_ids": ids}
            try:
                draft = ApiKeyDraft.model_validate(fields)
            except ValidationError as error:
                first = error.errors()[0]
                _fail(f"--{str(first['loc'][0]).removesuffix('s')}: {first['msg']}", 2)
            return await access.create(connection, draft, pepper(settings))

    made = _with_database(run)
    _print(made, as_json, made.key)


@keys.command("list")
def list_keys(as_json: Json = False) -> None:
    """The keys, revoked ones too."""

    async def run(_: Settings, database: Database) -> Any:
        async with database.reading() as connection:
            return (await access.collection.page(connection, Listing(limit=200))).items

    found = _with_database(run)
    lines = [f"{key.id}  {key.role:<12} {'revoked' if key.revoked_at else 'valid':<8} {key.name}" for key in found]
    _print(found, as_json, "\n".join(lines))


@keys.command("revoke")
def revoke_key(key_id: UUID, as_json: Json = False) -> None:
    """Revokes a key for good."""

    async def run(_: Settings, database: Database) -> Any:
        async with database.writing() as connection:
            return await access.revoke(connection, key_id, datetime.now(UTC))

    revoked = _with_database(run)
    _print(revoked, as_json, f"{revoked.id} is revoked.")


@command.command()
def demo(as_json: Json = False) -> None:
    """Loads the demo company, once."""

    async def run(_: Settings, database: Database) -> Any:
        from app.demo.loading import load_demo

        return await load_demo(database, say=lambda text: print(text, file=sys.stderr))

    loaded = _with_database(run)
    _print(loaded, as_json, json.dumps(loaded))


if __name__ == "__main__":
    main()

__all__ = ["command", "main"]
