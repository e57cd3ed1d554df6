"""What `outward doctor` says of webhook endpoints."""

import httpx
from sqlalchemy import text

from app.kernel.database import Database
from app.webhooks.condition import condition
from tests.webhooks.making import an_endpoint, path_of


async def test_endpoints_that_answer_are_well(client: httpx.AsyncClient, database: Database) -> None:
    await an_endpoint(client)
    await client.post(path_of(await an_endpoint(client), "disable"))
    async with database.reading() as connection:
        assert await condition(connection) == (True, "1 enabled, 0 of them failing")


async def test_one_that_was_given_up_is_named_with_what_to_do(client: httpx.AsyncClient, database: Database) -> None:
    failing, dead = await an_endpoint(client), await an_endpoint(client)
    async with database.writing() as connection:
        await connection.execute(
            text(f"update webhook_endpoints set failing_since = now() where id = '{failing['id']}'")
        )
        told = "status = 'disabled', disabled_because = 'gone'"
        await connection.execute(text(f"update webhook_endpoints set {told} where id = '{dead['id']}'"))
        well, says = await condition(connection)
    assert not well
    assert says == (
        f"1 enabled, 1 of them failing; 1 disabled because they failed, such as {dead['id']}: once its receiver "
        f"answers, POST /v1/webhook-endpoints/{dead['id']}/enable, or DELETE it"
    )
