"""What became of customers, over HTTP."""

from typing import Any

import httpx
import pytest

from app.kernel import outbox
from app.kernel.database import Database
from tests.conftest import Clock, Statements
from tests.tickets.worlds import World

NOBODY = "00000000-0000-7000-8000-000000000000"
AT = "2026-03-09T10:00:00Z"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    """A customer that pays in euros."""
    clock.at("2026-03-20T12:00:00+00:00")
    made = World(client)
    await made.customer(currency="EUR")
    return made


def path(customer_id: str) -> str:
    return f"/v1/customers/{customer_id}/outcomes"


async def recorded(world: World, customer_id: str = "", **body: Any) -> dict[str, Any]:
    draft = {"kind": "complaint", "occurred_at": AT} | body
    made: dict[str, Any] = await world.post(path(customer_id or world.customer_id), draft)
    return made


async def listed(world: World, **query: Any) -> list[dict[str, Any]]:
    response = await world.client.get(path(world.customer_id), params=query)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def told(database: Database, kind: str) -> list[outbox.RecordedEvent]:
    async with database.reading() as connection:
        return (await outbox.read(connection, 0, 100, [kind]))[0]


async def test_an_outcome_is_recorded_with_its_location_and_etag_and_answered_as_it_was_given(world: World) -> None:
    promise = await world.commitment("OPS", "2026-03-02T09:00:00Z", "2026-03-06T17:00:00Z")
    body = {
        "kind": "csat",
        "score": 2,
        "value": "1200.50",
        "currency": "GBP",
        "occurred_at": AT,
        "commitment_id": promise["id"],
        "comment": "Too late.",
    }
    response = await world.client.post(path(world.customer_id), json=body)
    made = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert {name: made[name] for name in body} == body
    assert (made["customer_id"], made["version"]) == (world.customer_id, 1)
    assert (await world.client.get(response.headers["Location"])).json() == made


@pytest.mark.parametrize(("kind", "least", "most"), [("csat", 1, 5), ("nps", 0, 10)])
async def test_a_score_is_needed_and_within_the_bounds_of_its_kind(
    world: World, kind: str, least: int, most: int
) -> None:
    for score in (least, most):
        assert (await recorded(world, kind=kind, score=score))["score"] == score
    for score in (None, least - 1, most + 1, 2.5, "3", True):
        body = {"kind": kind, "score": score, "occurred_at": AT}
        refused = await world.post(path(world.customer_id), body, status=422)
        assert [error["pointer"] for error in refused["errors"]] == ["/score"], score


@pytest.mark.parametrize("kind", ["complaint", "churn", "renewal", "expansion"])
async def test_no_other_kind_has_a_score(world: World, kind: str) -> None:
    assert (await recorded(world, kind=kind))["score"] is None
    refused = await world.post(path(world.customer_id), {"kind": kind, "score": 3, "occurred_at": AT}, status=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/score"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"kind": "praise"}, "/kind"),
        ({"occurred_at": "2026-03-20T12:00:01Z"}, "/occurred_at"),
        ({"occurred_at": None}, "/occurred_at"),
        ({"value": "-5", "currency": "EUR"}, "/value"),
        ({"value": 5, "currency": "EUR"}, "/value"),
        ({"currency": "eur"}, "/currency"),
        ({"comment": " "}, "/comment"),
        ({"commitment_id": NOBODY}, "/commitment_id"),
        ({"customer_id": NOBODY}, "/customer_id"),
    ],
)
async def test_an_outcome_that_breaks_a_rule_is_refused_naming_the_field(
    world: World, fields: dict[str, Any], pointer: str
) -> None:
    body = {"kind": "complaint", "occurred_at": AT} | fields
    refused = await world.post(path(world.customer_id), body, status=422)
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert await listed(world) == []


async def test_an_outcome_may_be_long_past_and_of_this_very_second(world: World) -> None:
    for at in ("2019-01-01T00:00:00Z", "2026-03-20T12:00:00Z"):
        assert (await recorded(world, occurred_at=at))["occurred_at"] == at


async def test_a_value_is_of_the_customers_currency_unless_another_is_stated(world: World) -> None:
    assert (await recorded(world, kind="churn", value="125000.00"))["currency"] == "EUR"
    assert (await recorded(world, kind="churn", value="125000.00", currency="USD"))["currency"] == "USD"
    poor = await world.customer("NO-CURRENCY")
    refused = await world.post(path(poor), {"kind": "churn", "value": "1", "occurred_at": AT}, status=422)
    assert [error["pointer"] for error in refused["errors"]] == ["/currency"]


async def test_a_promise_to_another_customer_is_refused(world: World) -> None:
    other = await world.customer("OTHER")
    theirs = await world.commitment("OPS", "2026-03-02T09:00:00Z", "2026-03-06T17:00:00Z", customer_id=other)
    body = {"kind": "complaint", "occurred_at": AT, "commitment_id": theirs["id"]}
    refused = await world.post(path(world.customer_id), body, status=422)
    detail = "is a promise to another customer."
    assert refused["errors"] == [{"pointer": "/commitment_id", "detail": detail}]
    assert (await recorded(world, other, commitment_id=theirs["id"]))["commitment_id"] == theirs["id"]


async def test_a_customer_that_does_not_exist_has_no_outcomes(world: World) -> None:
    await world.post(path(NOBODY), {"kind": "complaint", "occurred_at": AT}, status=404)
    assert (await world.client.get(path(NOBODY))).status_code == 404


async def test_an_outcome_is_found_at_its_own_customer_only(world: World) -> None:
    made, other = await recorded(world), await world.customer("OTHER")
    for id_ in (made["id"], NOBODY):
        assert (await world.client.get(f"{path(other)}/{id_}")).status_code == 404
        assert (await world.client.patch(f"{path(other)}/{id_}", json={"comment": "x"})).status_code == 404


async def test_recording_is_told_with_the_customer_at_the_time_it_happened(world: World, database: Database) -> None:
    made = await recorded(world, kind="nps", score=3)
    (event,) = await told(database, "customer.outcome_recorded")
    assert event.occurred_at.isoformat() == "2026-03-09T10:00:00+00:00"
    assert event.data["outcome"] == made
    assert event.data["customer"] == await world.get(f"/v1/customers/{world.customer_id}")


async def test_a_correction_is_a_new_version_that_tells_what_was_before(world: World, database: Database) -> None:
    made = await recorded(world, kind="nps", score=3)
    one = f"{path(world.customer_id)}/{made['id']}"
    response = await world.client.patch(one, json={"score": 8, "comment": "Misread."}, headers={"If-Match": '"1"'})
    corrected = response.json()
    assert (response.status_code, response.headers["ETag"]) == (200, '"2"')
    assert {**made, "score": 8, "comment": "Misread.", "version": 2} == {
        **corrected,
        "updated_at": made["updated_at"],
    }
    (event,) = await told(database, "customer.outcome_corrected")
    assert event.data["previous"] == {"score": 3, "comment": None}
    stale = await world.client.patch(one, json={"score": 9}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await world.client.get(one)).json() == corrected
    assert (await world.client.get(one, headers={"If-None-Match": '"2"'})).status_code == 304


async def test_a_correction_that_changes_nothing_is_not_told(world: World, database: Database) -> None:
    made = await recorded(world, comment="As it was.")
    response = await world.client.patch(f"{path(world.customer_id)}/{made['id']}", json={"comment": "As it was."})
    assert (response.status_code, response.json()["version"]) == (200, 1)
    assert await told(database, "customer.outcome_corrected") == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"score": 6}, "/score"),
        ({"score": None}, "/score"),
        ({"kind": "churn"}, "/score"),
        ({"kind": None}, "/kind"),
        ({"occurred_at": "2026-03-21T00:00:00Z"}, "/occurred_at"),
        ({"commitment_id": NOBODY}, "/commitment_id"),
    ],
)
async def test_a_correction_keeps_the_same_rules(world: World, change: dict[str, Any], pointer: str) -> None:
    made = await recorded(world, kind="csat", score=5)
    one = f"{path(world.customer_id)}/{made['id']}"
    refused = await world.client.patch(one, json=change)
    assert (refused.status_code, [each["pointer"] for each in refused.json()["errors"]]) == (422, [pointer])
    assert await world.get(one) == made


async def test_the_list_is_of_one_customer_by_kind_promise_and_time(world: World) -> None:
    promise = await world.commitment("OPS", "2026-03-02T09:00:00Z", "2026-03-06T17:00:00Z")
    early = await recorded(world, occurred_at="2026-03-01T00:00:00Z")
    about = await recorded(world, commitment_id=promise["id"], occurred_at="2026-03-10T00:00:00Z")
    left = await recorded(world, kind="churn", occurred_at="2026-03-05T00:00:00Z")
    await recorded(world, await world.customer("OTHER"))
    assert await listed(world, sort="occurred_at") == [early, left, about]
    assert await listed(world, kind="churn") == [left]
    assert await listed(world, commitment_id=promise["id"]) == [about]
    assert await listed(world, **{"from": "2026-03-01T00:00:00Z", "to": "2026-03-05T00:00:00Z"}) == [early]
    assert await listed(world, **{"from": "2026-03-05T00:00:00Z"}, sort="-occurred_at") == [about, left]
    swapped = {"from": "2026-03-05T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    refused = await world.client.get(path(world.customer_id), params=swapped)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "?from")


async def test_pages_follow_each_other_at_a_constant_cost(world: World, statements: Statements) -> None:
    made = [await recorded(world, occurred_at=f"2026-03-{day:02}T00:00:00Z") for day in range(1, 8)]
    statements.clear()
    response = await world.client.get(path(world.customer_id), params={"limit": 3, "sort": "-occurred_at"})
    cost = len(statements)
    seen = response.json()["items"]
    statements.clear()
    after = {"limit": 4, "sort": "-occurred_at", "cursor": response.json()["next_cursor"]}
    seen += (await world.client.get(path(world.customer_id), params=after)).json()["items"]
    assert seen == made[::-1]
    assert len(statements) == cost <= 3


async def test_who_may_only_read_records_nothing(world: World, client: httpx.AsyncClient) -> None:
    key = (await client.post("/v1/api-keys", json={"name": "eyes", "role": "analyst"})).json()
    reading = {"Authorization": f"Bearer {key['key']}"}
    body = {"kind": "complaint", "occurred_at": AT}
    assert (await client.post(path(world.customer_id), json=body, headers=reading)).status_code == 403
    assert (await client.get(path(world.customer_id), headers=reading)).status_code == 200
