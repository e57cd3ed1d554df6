"""The `outward` command: each subcommand parses, calls one use case, and prints."""

import typer

from app.cli import files, hindsight, keys, recomputing, secret_key, serving
from app.cli.console import fail
from app.kernel.data_directory import DatabaseUnavailable
from app.kernel.database import Unreachable
from app.kernel.garbage import seek_circles_seldom
from app.kernel.problems import Problem
from app.kernel.secret_key import MissingSecretKey

command = typer.Typer(
    name="outward",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="How internal delays reach the customer.",
)
command.add_typer(serving.command)
command.add_typer(files.command)
command.add_typer(hindsight.command)
command.add_typer(secret_key.command)
command.add_typer(keys.keys, name="keys")
command.add_typer(recomputing.command, name="recompute")


def main() -> None:
    """Exit codes: 0, 1 when it failed, 2 when it was used wrongly."""
    seek_circles_seldom()
    try:
        command()
    except (DatabaseUnavailable, MissingSecretKey, Unreachable, LookupError) as error:
        fail(str(error))
    except Problem as problem:
        fail(problem.detail)


__all__ = ["command", "main"]
