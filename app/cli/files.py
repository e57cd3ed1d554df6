"""Files in and out: `import`, `apply`, `export`."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.console import Json, fail, settings_of_environment, tell, with_database
from app.configuration.applying import apply_configuration
from app.configuration.exporting import as_yaml, configuration
from app.configuration.gathering import gather
from app.configuration.places import BadConfiguration
from app.configuration.planning import Plan
from app.configuration.telling import mistakes_document, plan_document, plan_told
from app.exchange.export import Dataset, Format, replacing, run_export
from app.exchange.importing import MappingError, Progress, Stopped, Summary, UnreadableLog, run_import
from app.exchange.mapping import read_mapping
from app.kernel.answers import to_json
from app.kernel.database import Database
from app.main import CALENDAR_CHANGED
from app.settings import Settings

command = typer.Typer()


class Exported(StrEnum):
    """What can be written out: the datasets, and the configuration."""

    TICKETS = Dataset.TICKETS
    CLOCKS = Dataset.CLOCKS
    COMMITMENTS = Dataset.COMMITMENTS
    RIPPLE = Dataset.RIPPLE
    EVENTS = Dataset.EVENTS
    CONFIG = "config"


@command.command("import")
def import_log(
    file: Annotated[Path, typer.Argument(help="XES, CSV or JSONL, each also gzipped.", exists=True, dir_okay=False)],
    mapping: Annotated[Path, typer.Option(help="What the log's columns mean (TOML).", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything and keep nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first mistake, with nothing kept.")] = False,
    as_json: Json = False,
) -> None:
    """Imports an event log; importing it again changes nothing."""
    settings = settings_of_environment()
    try:
        meaning = read_mapping(mapping.read_bytes())
    except MappingError as error:
        fail(f"{mapping}: {error}", 2)

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
        summary = with_database(run)
    except MappingError as error:
        fail(f"{mapping}: {error}", 2)
    except (UnreadableLog, Stopped, OSError) as error:
        fail(f"{file}: {error}")
    figures = asdict(summary)
    errors = figures.pop("errors")
    lines = [f"{name.replace('_', ' '):<24}{count:>10}" for name, count in figures.items()]
    lines += [f"line {error['line']}: {error['reason']}" for error in errors]
    tell(summary, as_json, "\n".join(lines))


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
        plan = with_database(run)
    except BadConfiguration as error:
        print(error, file=sys.stderr)
        if as_json:
            tell(mistakes_document(error.mistakes, dry_run=dry_run), True, "")
        fail("nothing was changed.")
    kept = "Applied." if plan.changes else "Nothing to change."
    tell(plan_document(plan, dry_run=dry_run), as_json, "Dry run: nothing was changed." if dry_run else kept)


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror or error}.", 2)


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
            fail("--format is of datasets; config is YAML, or JSON with --json.", 2)
        _export_configuration(out, as_json)
    elif out is None:
        fail(f"-o is needed: {dataset} are written into a file.", 2)
    else:
        _export_dataset(Dataset(dataset), out, format_ or Format.CSV, as_json)


def _export_configuration(out: Path | None, as_json: bool) -> None:
    async def run(_: Settings, database: Database) -> dict[str, list[dict[str, Any]]]:
        async with database.reading() as connection:
            return await configuration(connection)

    sections = with_database(run)
    if out is None:
        print(to_json(sections).decode() if as_json else as_yaml(sections), end="\n" if as_json else "")
        return
    try:
        with replacing(out) as file:
            file.write(as_yaml(sections).encode())
    except OSError as error:
        fail(f"{out}: {error.strerror or error}")
    entries = sum(map(len, sections.values()))
    tell({"dataset": "config", "rows": entries, "file": str(out)}, as_json, f"{entries:,} entries written to {out}.")


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
        rows = with_database(run)
    except OSError as error:
        fail(f"{out}: {error.strerror or error}")
    tell({"dataset": dataset, "rows": rows, "file": str(out)}, as_json, f"{rows:,} rows written to {out}.")


def _tell_rows(rows: int) -> None:
    print(f"\r{rows:>12,} rows", end="", file=sys.stderr, flush=True)


def _tell_progress(progress: Progress) -> None:
    share = progress.bytes_read / max(1, progress.bytes_total)
    told = f"{share:4.0%}  {progress.events_read:>10,} events read  {progress.cases_stored:>8,} cases stored"
    print(f"\r{told}", end="" if share < 1 else "\n", file=sys.stderr, flush=True)
