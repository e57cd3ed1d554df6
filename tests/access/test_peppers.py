"""API keys outlive the secret key that they were hashed under."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.access.peppers import SEALED, Peppers, peppers_of, seal_peppers
from app.access.schemas import ApiKeyDraft
from app.access.service import Authenticator, create
from app.access.tables import api_keys
from app.directory.standing import standing_of
from app.kernel.database import Database, Row
from app.kernel.problems import Unauthenticated
from app.kernel.resealing import reseal, survey
from app.settings import Settings


def peppers(*secret_keys: str) -> Peppers:
    """Those of a service with this secret key, and these before it."""
    key, *before = secret_keys
    return peppers_of(
        Settings(_env_file=None, database_url="postgresql://", secret_key=key, secret_key_before=tuple(before))
    )


async def a_key(database: Database, under: Peppers) -> str:
    async with database.writing() as connection:
        return (await create(connection, ApiKeyDraft(name="tool", role="admin"), under, standing_of)).key


async def its_row(database: Database) -> Row:
    async with database.reading() as connection:
        return (await connection.execute(select(api_keys))).mappings().one()


async def made_before_peppers_were_kept(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(update(api_keys).values(pepper=None))


async def is_let_in(database: Database, key: str, under: Peppers) -> bool:
    try:
        await Authenticator(database, under, standing_of).actor(f"Bearer {key}")
    except Unauthenticated:
        return False
    return True


async def test_a_key_stays_valid_while_the_secret_key_before_is_known(database: Database) -> None:
    key = await a_key(database, peppers("old"))
    assert await is_let_in(database, key, peppers("new", "newer", "old"))
    assert not await is_let_in(database, key + "x", peppers("new", "old"))


async def test_once_seen_under_the_new_secret_key_it_needs_the_one_before_no_more(database: Database) -> None:
    key = await a_key(database, peppers("old"))
    assert not await is_let_in(database, key, peppers("new"))
    assert await is_let_in(database, key, peppers("new", "old"))
    assert await is_let_in(database, key, peppers("new"))
    assert not await is_let_in(database, key, peppers("old"))


async def test_a_key_that_is_seen_again_and_again_is_hashed_anew_once(database: Database, statements: Any) -> None:
    key = await a_key(database, peppers("old"))
    await is_let_in(database, key, peppers("new", "old"))
    row = await its_row(database)
    statements.clear()
    assert await is_let_in(database, key, peppers("new", "old"))
    assert (len(statements), await its_row(database)) == (1, row)


async def test_one_that_is_never_seen_is_sealed_anew_and_needs_the_secret_key_before_no_more(
    database: Database,
) -> None:
    key = await a_key(database, peppers("old"))
    both = peppers("new", "old")
    told = [each.resealed async for each in reseal(database, SEALED, both.seal)]
    assert told == [1]
    assert await is_let_in(database, key, peppers("new"))


@pytest.mark.parametrize("under", ["new", "old", "older"])
async def test_one_of_a_version_that_kept_no_pepper_is_too(database: Database, under: str) -> None:
    key = await a_key(database, peppers(under))
    await made_before_peppers_were_kept(database)
    told = [each.resealed async for each in seal_peppers(database, peppers("new", "old", "older"))]
    assert told == [1]
    assert await is_let_in(database, key, peppers("new"))
    assert not await is_let_in(database, key[:-1] + ("y" if key.endswith("x") else "x"), peppers("new"))


async def test_one_of_such_a_version_is_valid_under_its_secret_key_without_any_change(database: Database) -> None:
    key = await a_key(database, peppers("old"))
    await made_before_peppers_were_kept(database)
    row = await its_row(database)
    assert await is_let_in(database, key, peppers("old"))
    assert await its_row(database) == row
    assert await is_let_in(database, key, peppers("new", "old"))
    assert await is_let_in(database, key, peppers("new"))


async def test_a_pepper_is_of_no_use_in_another_key_s_row(database: Database) -> None:
    key = await a_key(database, peppers("old"))
    async with database.writing() as connection:
        await connection.execute(update(api_keys).values(lookup="moved0000000"))
        found = await survey(connection, SEALED, peppers("old").seal)
    assert (found.unsealable, found.such_as) == (1, ("moved0000000",))
    assert not await is_let_in(database, key, peppers("old"))


def test_peppers_do_not_show_themselves() -> None:
    shown = repr(peppers("new", "old"))
    assert shown == "Peppers(seal=Seal(2 keys))"
