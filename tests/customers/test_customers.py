"""Customers over HTTP."""

from typing import Any

import httpx
import pytest

from app.kernel import outbox
from app.kernel.database import Database
from tests.conftest import Clock, Statements

WRITING = {"permissions": ["read", "write"]}


async def make(client: httpx.AsyncClient, external_ref: str = "CRM-1", **fields: Any) -> dict[str, Any]:
    response = await client.post("/v1/customers", json={"external_ref": external_ref, "name": "Acme"} | fields)
    assert response.status_code == 201, response.text
    return response.json()


async def events(database: Database) -> list[outbox.RecordedEvent]:
    async with database.reading() as connection:
        return (await outbox.read(connection, 0, 100))[0]


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(depth - 1):
        inner = {"a": inner}
    return inner


async def test_a_customer_is_made_with_its_location_and_etag_and_answered_as_it_was_given(
    client: httpx.AsyncClient,
) -> None:
    body = {
        "external_ref": "CRM-1042",
        "name": "Acme Ltd.",
        "tier": "gold",
        "annual_value": "125000.50",
        "currency": "EUR",
        "preferences": {"language": "de", "calls": {"before": 12, "never": ["sun"]}, "share": 0.25, "vip": True},
        "notes": "Pays late, complains early.",
    }
    response = await client.post("/v1/customers", json=body)
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert {name: made[name] for name in body} == body
    assert (await client.get(response.headers["Location"])).json() == made


@pytest.mark.parametrize("amount", ["0", "1250", "1250.00", "0.0001", "999999999999999.9999"])
async def test_an_amount_keeps_the_decimals_it_was_given_with(client: httpx.AsyncClient, amount: str) -> None:
    made = await make(client, annual_value=amount, currency="JPY")
    assert made["annual_value"] == amount
    assert (await client.get(f"/v1/customers/{made['id']}")).json()["annual_value"] == amount


async def test_a_second_customer_with_the_same_reference_is_a_conflict(client: httpx.AsyncClient) -> None:
    await make(client, "CRM-1")
    response = await client.post("/v1/customers", json={"external_ref": "CRM-1", "name": "Other"})
    assert (response.status_code, response.json()["detail"]) == (409, "There is one already: external_ref CRM-1.")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"annual_value": "1000.00"}, "/currency"),
        ({"annual_value": "-1", "currency": "EUR"}, "/annual_value"),
        ({"annual_value": 1000, "currency": "EUR"}, "/annual_value"),
        ({"annual_value": "1e3", "currency": "EUR"}, "/annual_value"),
        ({"currency": "euro"}, "/currency"),
        ({"preferences": ["de"]}, "/preferences"),
        ({"preferences": None}, "/preferences"),
        ({"preferences": {"note": "x" * 16384}}, "/preferences"),
        ({"preferences": nested(21)}, "/preferences"),
        ({"preferences": {"a": ["\x00"]}}, "/preferences/a/0"),
        ({"tier": " "}, "/tier"),
        ({"owner": "Ada"}, "/owner"),
    ],
)
async def test_a_customer_that_breaks_a_rule_is_refused_naming_the_field(
    client: httpx.AsyncClient, database: Database, fields: dict[str, Any], pointer: str
) -> None:
    response = await client.post("/v1/customers", json={"external_ref": "CRM-1", "name": "Acme"} | fields)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await client.get("/v1/customers")).json()["items"] == []
    assert await events(database) == []


async def test_preferences_may_be_twenty_deep(client: httpx.AsyncClient) -> None:
    made = await make(client, preferences=nested(20))
    assert made["preferences"] == nested(20)


async def test_an_amount_keeps_its_currency_when_either_changes(client: httpx.AsyncClient) -> None:
    made = await make(client, annual_value="10", currency="EUR")
    path = f"/v1/customers/{made['id']}"
    refused = await client.patch(path, json={"currency": None})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/currency")
    both = await client.patch(path, json={"currency": None, "annual_value": None})
    assert (both.status_code, both.json()["annual_value"], both.json()["currency"]) == (200, None, None)
    refused = await client.patch(path, json={"annual_value": "10"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/currency")


async def test_put_by_ref_makes_then_changes_then_leaves_alone(client: httpx.AsyncClient, database: Database) -> None:
    path = "/v1/customers/by-ref/crm%2F42%20north"
    first = await client.put(path, json={"name": "Acme", "tier": "gold"})
    second = await client.put(path, json={"name": "Acme Ltd."})
    third = await client.put(path, json={"name": "Acme Ltd."})
    assert [response.status_code for response in (first, second, third)] == [201, 200, 200]
    assert first.json()["external_ref"] == "crm/42 north"
    assert [response.json()["version"] for response in (first, second, third)] == [1, 2, 2]
    assert (second.json()["name"], second.json()["tier"]) == ("Acme Ltd.", None)
    assert [event.type for event in await events(database)] == ["customer.created", "customer.updated"]


async def test_put_by_ref_needs_a_currency_for_an_amount_too(client: httpx.AsyncClient) -> None:
    response = await client.put("/v1/customers/by-ref/42", json={"name": "Acme", "annual_value": "1"})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/currency")


async def test_what_happens_to_a_customer_is_an_event_with_what_was_before(
    client: httpx.AsyncClient, database: Database
) -> None:
    made = await make(client, tier="silver", annual_value="10", currency="EUR")
    path = f"/v1/customers/{made['id']}"
    changed = await client.patch(path, json={"tier": "gold", "annual_value": "10.00", "name": "Acme"})
    await client.patch(path, json={"tier": "gold"})
    created, updated = await events(database)
    assert (created.type, created.data["customer"]) == ("customer.created", made)
    assert (updated.type, updated.data["customer"]) == ("customer.updated", changed.json())
    assert updated.data["previous"] == {"tier": "silver"}
    assert updated.data["actor"]["type"] == "api_key"


async def test_a_stale_if_match_changes_no_customer(client: httpx.AsyncClient) -> None:
    made = await make(client)
    path = f"/v1/customers/{made['id']}"
    changed = await client.patch(path, json={"tier": "gold"}, headers={"If-Match": '"1"'})
    stale = await client.patch(path, json={"tier": "lead"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, stale.status_code) == (200, 412)


async def test_customers_are_listed_by_tier_with_one_query(client: httpx.AsyncClient, statements: Statements) -> None:
    for number in range(6):
        await make(client, f"CRM-{number}", tier="gold" if number % 2 else "silver")
    statements.clear()
    query = {"tier": "gold", "sort": "-external_ref"}
    page = (await client.get("/v1/customers", params=query)).json()
    assert len(statements) == 1
    assert [item["external_ref"] for item in page["items"]] == ["CRM-5", "CRM-3", "CRM-1"]


async def test_each_change_of_notes_and_preferences_tells_who_when_and_what_it_was_before(
    client: httpx.AsyncClient, clock: Clock
) -> None:
    clock.at("2026-03-02T09:00:00+00:00")
    made = await make(client, preferences={"language": "de"}, notes="Call first.")
    path = f"/v1/customers/{made['id']}"
    key = (await client.post("/v1/api-keys", json={"name": "the CRM", "role": "integration", **WRITING})).json()["key"]
    clock.passes(hours=1)
    await client.patch(path, json={"preferences": {"language": "fr"}})
    clock.passes(hours=1)
    wanted = {"name": "Acme", "preferences": {"language": "fr"}, "notes": "Write first.", "tier": "gold"}
    await client.put("/v1/customers/by-ref/CRM-1", json=wanted, headers={"Authorization": f"Bearer {key}"})
    clock.passes(hours=1)
    await client.patch(path, json={"notes": None, "preferences": {"language": "fr"}})

    told = (await client.get("/v1/events?types=customer.updated")).json()["items"]
    assert [(each["occurred_at"][11:13], each["data"]["previous"]) for each in told] == [
        ("10", {"preferences": {"language": "de"}}),
        ("11", {"notes": "Call first.", "tier": None}),
        ("12", {"notes": "Write first."}),
    ]
    assert [each["data"]["actor"]["name"] for each in told] == ["bootstrap", "the CRM", "bootstrap"]
    timeline = (await client.get(f"{path}/timeline?kind=note")).json()["items"]
    assert [(each["at"][11:13], each["event"], each["text"]) for each in timeline] == [
        ("10", "preferences_changed", "Preferences: language: fr"),
        ("11", "noted", "Notes: Write first. — What is known of the customer changed: tier."),
        ("12", "noted", "The notes were taken away."),
    ]
