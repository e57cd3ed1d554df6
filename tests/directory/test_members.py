"""Members over HTTP."""

import asyncio
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.conftest import Statements

NOBODY = "00000000-0000-7000-8000-000000000000"


async def department(client: httpx.AsyncClient, key: str) -> str:
    response = await client.post("/v1/departments", json={"key": key, "name": key})
    assert response.status_code == 201, response.text
    return response.json()["id"]


async def make(client: httpx.AsyncClient, email: str = "ada@example.com", **fields: Any) -> dict[str, Any]:
    response = await client.post("/v1/members", json={"email": email, "name": "Ada"} | fields)
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_member_is_made_with_their_departments_in_the_order_given(client: httpx.AsyncClient) -> None:
    departments = [await department(client, key) for key in ("FIN", "OPS", "SAL")]
    body = {
        "email": "Ada.Okafor@example.com",
        "name": "Ada Okafor",
        "department_ids": [departments[2], departments[0], departments[1]],
        "role": "lead",
    }
    response = await client.post("/v1/members", json=body)
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert {name: made[name] for name in body} == body
    assert made["left_at"] is None
    assert (await client.get(response.headers["Location"])).json() == made


async def test_a_member_without_departments_is_just_a_member(client: httpx.AsyncClient) -> None:
    made = await make(client)
    assert (made["department_ids"], made["role"]) == ([], "member")
    assert (await client.get(f"/v1/members/{made['id']}")).json() == made


async def test_an_address_is_unique_in_upper_and_lower_case(client: httpx.AsyncClient) -> None:
    await make(client, "ada@example.com")
    other = await make(client, "bob@example.com")
    answers = [
        await client.post("/v1/members", json={"email": "ADA@Example.com", "name": "Other"}),
        await client.patch(f"/v1/members/{other['id']}", json={"email": "Ada@example.com"}),
    ]
    for response, address in zip(answers, ("ADA@Example.com", "ada@example.com"), strict=True):
        assert (response.status_code, response.json()["detail"]) == (409, f"There is one already: email {address}.")


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"email": "ada"}, ["/email"]),
        ({"name": ""}, ["/name"]),
        ({"role": "integration"}, ["/role"]),
        ({"department_ids": [NOBODY, NOBODY]}, ["/department_ids"]),
        ({"department_ids": None}, ["/department_ids"]),
        ({"department_ids": [NOBODY]}, ["/department_ids/0"]),
        ({"department_ids": ["FIN"]}, ["/department_ids/0"]),
        ({"left_at": None}, ["/left_at"]),
    ],
)
async def test_a_member_that_breaks_a_rule_is_refused_naming_the_field(
    client: httpx.AsyncClient, fields: dict[str, Any], pointers: list[str]
) -> None:
    response = await client.post("/v1/members", json={"email": "ada@example.com", "name": "Ada"} | fields)
    assert (response.status_code, [error["pointer"] for error in response.json()["errors"]]) == (422, pointers)
    assert (await client.get("/v1/members")).json()["items"] == []


async def test_every_unknown_department_is_named_by_its_place(client: httpx.AsyncClient) -> None:
    known, other = await department(client, "FIN"), NOBODY.replace("7000", "7001")
    made = await make(client, department_ids=[known])
    body = {"department_ids": [NOBODY, known, other]}
    response = await client.patch(f"/v1/members/{made['id']}", json=body)
    pointers = [error["pointer"] for error in response.json()["errors"]]
    assert (response.status_code, pointers) == (422, ["/department_ids/0", "/department_ids/2"])
    assert (await client.get(f"/v1/members/{made['id']}")).json() == made


async def test_a_member_moves_between_departments(client: httpx.AsyncClient) -> None:
    first, second, third = [await department(client, key) for key in ("FIN", "OPS", "SAL")]
    made = await make(client, department_ids=[first, second])
    path = f"/v1/members/{made['id']}"
    moved = (await client.patch(path, json={"department_ids": [third, first]})).json()
    same = (await client.patch(path, json={"department_ids": [third, first], "name": "Ada"})).json()
    reordered = (await client.patch(path, json={"department_ids": [first, third]})).json()
    gone = (await client.patch(path, json={"department_ids": []})).json()
    found = [answer["department_ids"] for answer in (moved, same, reordered, gone)]
    assert found == [[third, first], [third, first], [first, third], []]
    assert [answer["version"] for answer in (moved, same, reordered, gone)] == [2, 2, 3, 4]
    assert (await client.get(path)).json() == gone


async def test_a_member_who_is_changed_from_many_sides_at_once_is_answered_as_they_then_were(
    client: httpx.AsyncClient,
) -> None:
    departments = [await department(client, f"D{number}") for number in range(8)]
    path = f"/v1/members/{(await make(client))['id']}"
    bodies: list[dict[str, Any]] = [{"department_ids": [id_]} for id_ in departments]
    answers = await asyncio.gather(
        *[client.patch(path, json=body) for body in bodies],
        *[client.patch(path, json={"name": f"Ada {number}"}) for number in range(8)],
    )
    assert [answer.status_code for answer in answers] == [200] * 16
    by_version = sorted((answer.json() for answer in answers), key=lambda member: member["version"])
    assert [member["version"] for member in by_version] == list(range(2, 18))
    for before, after in pairwise(by_version):
        assert (after["name"] == before["name"]) != (after["department_ids"] == before["department_ids"])
    assert (await client.get(path)).json() == by_version[-1]


async def test_put_by_email_makes_then_changes_then_leaves_alone(client: httpx.AsyncClient) -> None:
    finance = await department(client, "FIN")
    wanted = {"name": "Ada Okafor", "department_ids": [finance], "role": "lead"}
    first = await client.put("/v1/members/by-email/ada@example.com", json={"name": "Ada"})
    second = await client.put("/v1/members/by-email/ADA%40Example.com", json=wanted)
    third = await client.put("/v1/members/by-email/ada@example.com", json=wanted)
    assert [response.status_code for response in (first, second, third)] == [201, 200, 200]
    assert [response.json()["version"] for response in (first, second, third)] == [1, 2, 2]
    assert first.headers["Location"] == f"/v1/members/{first.json()['id']}"
    assert (second.json()["email"], second.json()["department_ids"]) == ("ada@example.com", [finance])


async def test_put_by_email_is_checked_too(client: httpx.AsyncClient) -> None:
    wrong = await client.put("/v1/members/by-email/ada", json={"name": "Ada"})
    unknown = await client.put("/v1/members/by-email/a@b.c", json={"name": "Ada", "department_ids": [NOBODY]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "path:email")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/department_ids/0")
    assert (await client.get("/v1/members")).json()["items"] == []


async def test_a_stale_if_match_changes_no_member(client: httpx.AsyncClient) -> None:
    made = await make(client)
    path = f"/v1/members/{made['id']}"
    changed = await client.patch(path, json={"name": "Ada O."}, headers={"If-Match": '"1"'})
    stale = await client.put("/v1/members/by-email/ada@example.com", json={"name": "x"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, stale.status_code) == (200, 412)
    assert (await client.get(path)).json()["name"] == "Ada O."


async def test_members_are_listed_by_their_fields_with_one_query(
    client: httpx.AsyncClient, statements: Statements
) -> None:
    finance, legal = await department(client, "FIN"), await department(client, "LEG")
    for number in range(6):
        departments = [legal, finance] if number % 2 else [legal]
        role = "lead" if number == 3 else "member"
        await make(client, f"m{number}@example.com", name=f"M{number}", department_ids=departments, role=role)

    async def listed(**query: str) -> list[str]:
        statements.clear()
        page = (await client.get("/v1/members", params={"sort": "-name", **query})).json()
        assert len(statements) == 1
        return [item["name"] for item in page["items"]]

    assert await listed(department_id=legal) == ["M5", "M4", "M3", "M2", "M1", "M0"]
    assert await listed(department_id=finance) == ["M5", "M3", "M1"]
    assert await listed(department_id=NOBODY) == []
    assert await listed(role="lead", department_id=finance) == ["M3"]
    assert await listed(email="M2@EXAMPLE.com") == ["M2"]
