"""Looking up several kinds at once gives what each statement would have given."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.customers.tables import customers
from app.directory.queries import MEMBERS
from app.directory.tables import departments
from app.kernel.database import Database
from app.kernel.ids import new_id
from app.kernel.lookup import Lookup
from tests.conftest import Statements

CUSTOMER = {
    "external_ref": "ACME",
    "name": 'Acme "&" Söhne',
    "annual_value": "123456789012345.6789",
    "currency": "EUR",
    "preferences": {"language": "de", "docks": [1, 2.5, None]},
}


@pytest.fixture
def lookup() -> Lookup:
    return Lookup(department=select(departments), member=MEMBERS, customer=select(customers))


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> UUID:
    response = await client.post(path, json=body)
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])


async def test_rows_of_every_kind_are_those_of_their_statements(
    client: httpx.AsyncClient, database: Database, lookup: Lookup, statements: Statements
) -> None:
    fin, ops = [await made(client, "/v1/departments", {"key": key, "name": key}) for key in ("FIN", "OPS")]
    ada = await made(
        client, "/v1/members", {"email": "a@example.com", "name": "Ada", "department_ids": [str(ops), str(fin)]}
    )
    acme = await made(client, "/v1/customers", CUSTOMER)
    async with database.reading() as connection:
        statements.clear()
        found = await lookup.rows(connection, department={fin, ops}, member=[ada], customer=[acme])
        assert len(statements) == 1
        expected = [
            (await connection.execute(statement)).mappings().all()
            for statement in (select(departments).order_by(departments.c.key), MEMBERS, select(customers))
        ]
    assert [found["department"][fin], found["department"][ops]] == expected[0]
    assert [found["member"][ada]] == expected[1]
    assert [found["customer"][acme]] == expected[2]
    assert found["customer"][acme]["annual_value"] == Decimal(CUSTOMER["annual_value"])
    assert found["member"][ada]["department_ids"] == [ops, fin]


async def test_what_does_not_exist_is_not_found_and_what_is_not_asked_for_costs_nothing(
    database: Database, lookup: Lookup, statements: Statements
) -> None:
    async with database.reading() as connection:
        statements.clear()
        assert await lookup.rows(connection, department=(), member=(), customer=()) == {
            "department": {},
            "member": {},
            "customer": {},
        }
        assert len(statements) == 0
        found = await lookup.rows(connection, department=[new_id()], member=(), customer=())
        assert found["department"] == {}
        assert "customers" not in statements.seen[0]
