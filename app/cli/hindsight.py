"""Judging forecasts by the past: `backtest`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import Json, fail, settings_of_environment, tell, with_database
from app.exchange.hindsight import back_test_log
from app.exchange.mapping import MappingError, read_mapping
from app.exchange.reading import UnreadableLog
from app.kernel.database import Database
from app.ripple.engine.instants import seconds
from app.ripple.forecasting.backtest import BackTest, back_test
from app.ripple.forecasting.backtest_picture import draw_back_test
from app.ripple.forecasting.backtest_told import back_test_document, back_test_told
from app.ripple.forecasting.records import record_of
from app.ripple.loading import load
from app.settings import Settings

command = typer.Typer()


@command.command("backtest")
def backtest(
    log: Annotated[
        Path | None, typer.Option(help="A log: XES, CSV or JSONL, each also gzipped.", exists=True, dir_okay=False)
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="What the log's columns mean (TOML).", exists=True, dir_okay=False)
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Where to draw it, as SVG; what is there is overwritten.", dir_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Forecasts past commitments from what was known then, and judges that; of a log, else of what is stored."""
    if (log is None) is not (mapping is None):
        fail("--log and --mapping go together.", 2)
    found = _of_what_is_stored() if log is None or mapping is None else _of_a_log(log, mapping)
    if picture is not None:
        _draw(found, "what is stored" if log is None else log.name, picture)
    tell(back_test_document(found), as_json, back_test_told(found))


def _draw(found: BackTest, name: str, picture: Path) -> None:
    try:
        picture.write_text(draw_back_test(found, name), encoding="utf-8")
    except OSError as error:
        fail(f"{picture}: {error.strerror}.")


def _of_a_log(log: Path, mapping: Path) -> BackTest:
    settings = settings_of_environment()
    try:
        meaning = read_mapping(mapping.read_bytes())
        if meaning.commitment is None:
            fail(f"{mapping}: it has no [commitment], and so nothing to forecast.", 2)
        return back_test_log(
            log, meaning, now=datetime.now(UTC).replace(microsecond=0), max_bytes=settings.import_max_bytes
        )
    except MappingError as error:
        fail(f"{mapping}: {error}", 2)
    except (UnreadableLog, OSError) as error:
        fail(f"{log}: {error}")


def _of_what_is_stored() -> BackTest:
    async def run(_: Settings, database: Database) -> BackTest:
        async with database.reading() as connection:
            stored = await load(connection)
        return back_test([record_of(history) for history in stored], seconds(datetime.now(UTC).replace(microsecond=0)))

    return with_database(run)
