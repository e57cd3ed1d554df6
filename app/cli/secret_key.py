"""The secret key: `rotate-secret-key`, and what `doctor` says of what is sealed."""

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access import peppers as access
from app.cli.console import Json, fail, settings_of_environment, tell, with_database
from app.kernel import idempotency
from app.kernel.database import Database
from app.kernel.resealing import Resealed, SealedTable, Survey, reseal, survey
from app.kernel.sealing import seal_of
from app.kernel.secret_key import DirectoryInUse, change_kept_key, keeps_its_key, keys_before, secret_keys
from app.settings import Settings
from app.webhooks.endpoints import keeping_secrets

command = typer.Typer()

SEALED = (keeping_secrets.SEALED, access.SEALED, idempotency.SEALED)
"""Everything that is sealed at rest."""


_LONG_ENOUGH = 32


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of a rotation. `next` says what is left to do by hand."""

    key_made: bool
    resealed: dict[str, int]
    unsealable: dict[str, int]
    next: str


@command.command("rotate-secret-key")
def rotate_secret_key(as_json: Json = False) -> None:
    """Brings everything secret at rest under the present secret key; of a data directory it makes a new one first."""
    settings = settings_of_environment()
    key_made = _new_kept_key(settings)

    async def run(_: Settings, database: Database) -> dict[str, Resealed]:
        done = {sealed.what: await _resealed(database, settings, sealed) for sealed in SEALED}
        if settings.database_url is None and not await _older(database, settings):
            for file in keys_before(settings.data_dir):
                file.unlink(missing_ok=True)
        return done

    done = with_database(run)
    resealed = {what: each.resealed for what, each in done.items()}
    unsealable = {what: each.unsealable for what, each in done.items() if each.unsealable}
    rotated = Rotated(key_made, resealed, unsealable, _next(settings, done))
    lines = [f"{what:<20}{count:>10,} sealed anew" for what, count in resealed.items()]
    lines += [f"{what:<20}{count:>10,} cannot be opened" for what, count in unsealable.items()]
    tell(rotated, as_json, "\n".join([*lines, rotated.next]))
    raise SystemExit(1 if any(done[sealed.what].unsealable for sealed in SEALED if not sealed.fleeting) else 0)


def _new_kept_key(settings: Settings) -> bool:
    """Makes the data directory's key anew, unless a rotation was broken off; whether it did."""
    if not keeps_its_key(settings) or keys_before(settings.data_dir):
        return False
    try:
        change_kept_key(settings.data_dir, datetime.now(UTC))
    except DirectoryInUse as error:
        fail(str(error))
    return True


def _next(settings: Settings, done: dict[str, Resealed]) -> str:
    lost = [f"{sealed.what}: {sealed.mend}" for sealed in SEALED if done[sealed.what].unsealable]
    if lost:
        told = "Set OUTWARD_SECRET_KEY_BEFORE to the key they were sealed under and run this again. If it is gone, "
        return f"{told}{'; '.join(lost)}."
    if settings.secret_key_before:
        return "Everything is under the present key: remove OUTWARD_SECRET_KEY_BEFORE and restart."
    return "Everything is under the present key."


async def _older(database: Database, settings: Settings) -> int:
    """How many rows have something under a secret key of before, such as others stored meanwhile."""
    async with database.reading() as connection:
        seal = seal_of(settings)
        return sum([(await survey(connection, sealed, seal)).older for sealed in SEALED])


async def _resealed(database: Database, settings: Settings, sealed: SealedTable) -> Resealed:
    so_far = Resealed()
    if sealed is access.SEALED:
        so_far = await _followed(sealed, access.seal_peppers(database, access.peppers_of(settings)))
    then = await _followed(sealed, reseal(database, sealed, seal_of(settings)))
    return Resealed(so_far.resealed + then.resealed, then.unsealable)


async def _followed(sealed: SealedTable, batches: AsyncIterator[Resealed]) -> Resealed:
    so_far = Resealed()
    async for so_far in batches:
        if sys.stderr.isatty():
            print(f"\r{sealed.what:<20}{so_far.resealed:>10,}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty() and so_far.resealed:
        print(file=sys.stderr)
    return so_far


def strength(settings: Settings) -> tuple[bool, str]:
    """Whether the secret key is long enough not to be guessed, and what to do if not.

    Raises:
        MissingSecretKey: it is required and not set.
    """
    if len(secret_keys(settings)[0]) >= _LONG_ENOUGH:
        return True, "present"
    told = "move it to OUTWARD_SECRET_KEY_BEFORE, set another, and run `outward rotate-secret-key`"
    return False, f"shorter than {_LONG_ENOUGH} characters, so it might be guessed; {told}"


async def examined(connection: AsyncConnection, settings: Settings) -> tuple[bool, str]:
    """Whether everything sealed can be opened, and what to do about what cannot or is under a secret key of before."""
    seal = seal_of(settings)
    found = [(sealed, await survey(connection, sealed, seal)) for sealed in SEALED]
    lost = [_lost(sealed, each) for sealed, each in found if each.unsealable]
    if lost:
        healthy = all(sealed.fleeting for sealed, each in found if each.unsealable)
        return (
            healthy,
            f"{'; '.join(lost)}; OUTWARD_SECRET_KEY_BEFORE with the key they are under opens them",
        )
    counts = {sealed.what: each.older for sealed, each in found}
    counts[access.SEALED.what] += await access.without_pepper(connection, access.peppers_of(settings))
    older = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    if older:
        return True, f"under a secret key of before: {older}; restart every process, then `outward rotate-secret-key`"
    unneeded = "; OUTWARD_SECRET_KEY_BEFORE is needed no more" if settings.secret_key_before else ""
    return True, f"all under the secret key{unneeded}"


def _lost(sealed: SealedTable, found: Survey) -> str:
    such_as = f", such as {', '.join(found.such_as)}" if found.such_as else ""
    return f"{found.unsealable} {sealed.what} cannot be opened{such_as}: {sealed.mend}"
