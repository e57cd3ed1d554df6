"""What every subcommand does: read the settings, open the database, print, or fail in a line."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError

from app.kernel.answers import to_json
from app.kernel.database import Database
from app.main import opened_database
from app.settings import Settings

T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print for machines.")]


def fail(reason: str, code: int = 1) -> NoReturn:
    """Says why on stderr and ends: with 1 when it failed, 2 when it was used wrongly."""
    print(f"outward: {reason}", file=sys.stderr)
    raise SystemExit(code)


def settings_of_environment() -> Settings:
    """The settings; wrong ones end the command, naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        fail(f"OUTWARD_{str(first['loc'][0]).upper()} {first['msg'].removeprefix('Value error, ')}.", 2)


def with_database(use: Callable[[Settings, Database], Awaitable[T]]) -> T:
    """What a use of the database, opened and migrated, comes to."""
    settings = settings_of_environment()

    async def run() -> T:
        async with opened_database(settings) as database:
            return await use(settings, database)

    return asyncio.run(run())


def tell(value: Any, as_json: bool, text: str) -> None:
    """Prints the value for machines, or the text for people."""
    print(to_json(value).decode() if as_json else text)
