"""What stands above tickets: a diamond beneath one promise, and a branch that serves another one besides."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import ARRAY, Text, Uuid, bindparam, text

from app.kernel.database import Database
from app.tickets.above import above
from tests.tickets.worlds import World


@pytest.fixture
async def ids(client: httpx.AsyncClient) -> dict[str, UUID]:
    """`left` and `right` block `top`; `bottom` blocks both, and `other`, which another promise is served by."""
    world, made = World(client), {}
    for name, top in (("first", "top"), ("second", "other")):
        made[name] = (await world.commitment("SALES", "2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z"))["id"]
        made[top] = (await world.ticket("SALES", "OPS", commitment_id=made[name]))["id"]
    customer_id = await world.customer("APART")
    for name, blocks in (("left", ["top"]), ("right", ["top"]), ("bottom", ["left", "right", "other"]), ("alone", [])):
        draft = {"blocks": [made[each] for each in blocks]} if blocks else {"customer_id": customer_id}
        made[name] = (await world.ticket("OPS", "FIN", **draft))["id"]
    return {name: UUID(id_) for name, id_ in made.items()}


async def found(database: Database, of: str, below: list[tuple[str, UUID]]) -> list[tuple[Any, ...]]:
    """The rows of `above` or `promised_above`, from these tickets, each with a mark."""
    statement = text(f"""
        with recursive marked (mark, ticket_id) as (select * from unnest(:marks, :ids)), {above("marked", of="mark")}
        select * from {of}
    """).bindparams(bindparam("marks", type_=ARRAY(Text)), bindparam("ids", type_=ARRAY(Uuid)))
    stated = {"marks": [mark for mark, _ in below], "ids": [id_ for _, id_ in below]}
    async with database.reading() as connection:
        return sorted(tuple(row) for row in await connection.execute(statement, stated))


async def test_a_ticket_has_above_it_itself_and_each_that_waits_for_it_once(
    ids: dict[str, UUID], database: Database
) -> None:
    assert await found(database, "above", [("b", ids["bottom"])]) == sorted(
        ("b", ids[name]) for name in ("bottom", "left", "right", "top", "other")
    )
    assert await found(database, "above", [("t", ids["top"])]) == [("t", ids["top"])]


async def test_each_promise_that_is_served_is_there_once_however_many_ways_lead_to_it(
    ids: dict[str, UUID], database: Database
) -> None:
    expected = sorted(("b", ids[name]) for name in ("first", "second"))
    assert await found(database, "promised_above", [("b", ids["bottom"])]) == expected
    assert await found(database, "promised_above", [("l", ids["left"])]) == [("l", ids["first"])]
    assert await found(database, "promised_above", [("a", ids["alone"])]) == []


async def test_what_stands_beside_a_ticket_goes_along(ids: dict[str, UUID], database: Database) -> None:
    below = [("x", ids["left"]), ("x", ids["right"]), ("y", ids["bottom"]), ("y", ids["alone"])]
    assert await found(database, "promised_above", below) == sorted(
        [("x", ids["first"]), ("y", ids["first"]), ("y", ids["second"])]
    )


async def test_without_anything_beside_it_every_ticket_is_there_once(ids: dict[str, UUID], database: Database) -> None:
    statement = text(f"""
        with recursive these as (select unnest(:ids) as ticket_id), {above("these")}
        select count(*), (select array_agg(commitment_id order by commitment_id) from promised_above) from above
    """).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
    async with database.reading() as connection:
        row = (await connection.execute(statement, {"ids": [ids["left"], ids["right"], ids["bottom"]]})).one()
    assert tuple(row) == (5, sorted([ids["first"], ids["second"]]))
