"""Computing again what is stored: `recompute ripple`."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.console import Json, fail, tell, with_database
from app.kernel.database import Database
from app.kernel.schemas import parse_instant
from app.ripple.keeping.recomputing import Recomputation, recompute
from app.settings import Settings

command = typer.Typer(help="Compute again what is stored.", no_args_is_help=True)


@command.callback()
def computing_again() -> None:
    """Compute again what is stored."""


@command.command("ripple")
def ripple(
    since: Annotated[
        str | None, typer.Option(help="Only what was delivered since: an instant with its offset, as RFC 3339.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Analyses delivered commitments again, and tells whether that gives what was stored. May be broken off at any
    time, and goes on where it was when it is typed again.

    Exits with 1 when a commitment's answer is another one although its history is the same, or it could not be
    analysed.
    """
    first = None if since is None else _instant(since)

    async def run(_: Settings, database: Database) -> Recomputation:
        return await recompute(database, first, _now, _tell_progress if sys.stderr.isatty() else None)

    found = with_database(run)
    document = asdict(found) | {"same": found.same}
    document.pop("left")
    tell(document, as_json, _told(found))
    if found.differing or found.failed:
        raise SystemExit(1)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError as error:
        fail(f"--since {text}: {error}.", 2)


def _told(found: Recomputation) -> str:
    lines = {
        "commitments analysed": found.analysed,
        "the same as stored": found.same,
        "never analysed before": found.added,
        "stored of another history or engine version": found.outdated,
        "another answer of the same history": found.differing,
        "could not be analysed": found.failed,
    }
    told = [f"{what:<44}{count:>10,}" for what, count in lines.items()]
    if found.resumed:
        told.insert(0, f"Resumed what was begun at {found.started_at:%Y-%m-%d %H:%M:%S} UTC.")
    return "\n".join(told)


def _tell_progress(found: Recomputation) -> None:
    done = found.analysed + found.failed
    share = done / (done + found.left)
    end = "" if found.left else "\n"
    print(f"\r{share:4.0%}  {done:>10,} commitments analysed", end=end, file=sys.stderr, flush=True)
