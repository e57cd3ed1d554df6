"""The story of a stored commitment over HTTP, told and drawn."""

from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from app.ripple.engine.analysis import ENGINE_VERSION
from tests.conftest import Clock, Statements
from tests.ripple.scenarios import DAY, agree_on_five_days_and_three, primary_and_reactionary
from tests.tickets.worlds import World

NOBODY = "00000000-0000-7000-8000-000000000000"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T09:00:00+00:00")
    world = World(client)
    await agree_on_five_days_and_three(world)
    return world


async def ticket_numbers(world: World, made: dict[str, Any]) -> tuple[int, int]:
    first, second = [await world.get(f"/v1/tickets/{made[name]}") for name in ("T1", "T2")]
    return first["number"], second["number"]


async def test_a_story_is_told_in_sentences_with_their_figures(world: World) -> None:
    made = await primary_and_reactionary(world, title="Go-live")
    first, second = await ticket_numbers(world, made)
    story = await world.get(f"/v1/commitments/{made['id']}/ripple/explain")
    assert (story["commitment_id"], story["status"]) == (made["id"], "delivered")
    assert (story["as_of"], story["engine_version"]) == ("2026-03-09T09:00:00Z", ENGINE_VERSION)
    assert story["headline"]["text"] == "“Go-live” for ACME was delivered 2 d late, all of it because of Finance."
    assert story["headline"]["about"] == {"type": "commitment", "id": made["id"], "key": None}
    inherited = "all of it inherited from what it waited for"
    assert [sentence["text"] for sentence in story["sentences"]] == [
        f"All 2 d came from Finance: T-{second} waited 4 d unacknowledged and was worked on for 1 d.",
        f"T-{first} of Operations overran by 2 d, {inherited}, last T-{second} of Finance.",
        "From promise to delivery 7 d went by: 5 d with Finance and 2 d with Operations.",
    ]
    share = story["sentences"][0]
    assert (share["kind"], share["seconds"]) == ("share", 2 * DAY)
    assert share["about"] == {"type": "department", "id": None, "key": "Finance"}
    assert share["ticket_ids"] == [made["T2"]]
    assert share["figures"][1] == {
        "name": "queue",
        "seconds": 4 * DAY,
        "text": "4 d",
        "ticket_id": made["T2"],
        "department": "Finance",
    }


async def test_the_timeline_has_what_a_drawing_needs(world: World) -> None:
    made = await primary_and_reactionary(world)
    first, second = await ticket_numbers(world, made)
    story = await world.get(f"/v1/commitments/{made['id']}/ripple/explain")
    timeline = story["timeline"]
    tickets = timeline.pop("tickets")
    assert timeline == {
        "from": "2026-03-02T09:00:00Z",
        "to": "2026-03-09T09:00:00Z",
        "promised_at": "2026-03-02T09:00:00Z",
        "due_at": "2026-03-07T09:00:00Z",
        "ended_at": "2026-03-09T09:00:00Z",
        "delivered": True,
    }
    assert [(each["number"], each["depth"], each["raised_by"]) for each in tickets] == [
        (first, 1, None),
        (second, 2, made["T1"]),
    ]
    assert tickets[1] == {
        "ticket_id": made["T2"],
        "number": second,
        "title": "Operations asks Finance",
        "requester": "Operations",
        "provider": "Finance",
        "opened_at": "2026-03-03T09:00:00Z",
        "ended_at": "2026-03-08T09:00:00Z",
        "due_at": "2026-03-06T09:00:00Z",
        "resolved": True,
        "depth": 2,
        "raised_by": made["T1"],
        "driving": True,
        "on_path": True,
        "on_path_seconds": 5 * DAY,
        "overrun_seconds": 2 * DAY,
        "legs": [
            {
                "department": "Finance",
                "from": "2026-03-03T09:00:00Z",
                "to": "2026-03-08T09:00:00Z",
                "acknowledged_at": "2026-03-07T09:00:00Z",
            }
        ],
        "waits": [],
    }
    ripple = await world.get(f"/v1/commitments/{made['id']}/ripple")
    assert story["path"] == ripple["segments"]
    assert story["departments"] == {key: key for key in ("Finance", "Operations", "Sales")}


async def test_departments_are_told_by_name_and_kept_by_key(world: World) -> None:
    made = await primary_and_reactionary(world)
    renamed = await world.client.patch(
        f"/v1/departments/{world.departments['Finance']}", json={"name": "Finance & Control"}
    )
    assert renamed.status_code == 200
    story = await world.get(f"/v1/commitments/{made['id']}/ripple/explain")
    assert story["sentences"][0]["text"].startswith("All 2 d came from Finance & Control: ")
    assert story["departments"]["Finance"] == "Finance & Control"
    assert story["sentences"][0]["about"]["key"] == "Finance"


async def test_an_open_commitment_is_told_as_of_now(world: World, clock: Clock) -> None:
    commitment = await world.commitment("Sales", "2026-03-18T09:00:00Z", "2026-03-19T09:00:00Z", title="Go-live")
    ticket = await world.ticket(
        "Sales", "Finance", commitment_id=commitment["id"], opened_at="2026-03-18T09:00:00Z", title="Credit line"
    )
    path = f"/v1/commitments/{commitment['id']}/ripple/explain"
    story = await world.get(path)
    assert story["headline"]["text"].startswith("“Go-live” for ACME is not delivered and 1 d late as of 20 March 2026,")
    assert story["sentences"][0]["text"] == (
        f"For the last 2 d it has been waiting for Finance, where T-{ticket['number']} has not been acknowledged."
    )
    clock.passes(days=1)
    assert (await world.get(path))["headline"]["seconds"] == 2 * DAY


async def test_a_cancelled_commitment_is_told_as_of_its_cancellation(world: World) -> None:
    commitment = await world.commitment("Sales", "2026-03-02T09:00:00Z", "2026-03-05T09:00:00Z", title="Go-live")
    body = {"at": "2026-03-04T09:00:00Z", "reason": "They changed their mind."}
    await world.post(f"/v1/commitments/{commitment['id']}/cancel", body, status=200)
    story = await world.get(f"/v1/commitments/{commitment['id']}/ripple/explain")
    assert story["status"] == "cancelled"
    assert story["headline"]["text"] == "“Go-live” for ACME was cancelled 1 d before it was due."
    assert story["sentences"][0]["text"] == "Nobody was asked for anything: all 2 d passed with Sales itself."


async def test_a_picture_is_an_svg_that_a_browser_may_open_by_itself(world: World) -> None:
    made = await primary_and_reactionary(world, title="Go-live <of> & for “all”")
    response = await world.client.get(f"/v1/commitments/{made['id']}/ripple.svg")
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/svg+xml"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert response.headers["x-content-type-options"] == "nosniff"
    picture = ElementTree.fromstring(response.content)
    assert picture.tag == f"{SVG}svg"
    title = picture.find(f"{SVG}title")
    assert title is not None
    assert (title.text or "").startswith("“Go-live <of> & for “all”” for ACME was delivered 2 d late")
    _, second = await ticket_numbers(world, made)
    assert f"T-{second} Operations asks Finance" in [each.text for each in picture.iter(f"{SVG}text")]


@pytest.mark.parametrize("path", ["ripple/explain", "ripple.svg"])
async def test_what_does_not_exist_has_no_story(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(f"/v1/commitments/{NOBODY}/{path}")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert (await client.get(f"/v1/commitments/none/{path}")).status_code == 422


@pytest.mark.parametrize("path", ["ripple/explain", "ripple.svg"])
async def test_a_story_is_for_those_who_may_read(anonymous: httpx.AsyncClient, path: str) -> None:
    assert (await anonymous.get(f"/v1/commitments/{NOBODY}/{path}")).status_code == 401


@pytest.mark.parametrize("path", ["ripple/explain", "ripple.svg"])
async def test_a_story_costs_the_same_statements_for_two_tickets_and_for_five(
    world: World, statements: Statements, path: str
) -> None:
    made = await primary_and_reactionary(world)
    statements.clear()
    await world.client.get(f"/v1/commitments/{made['id']}/{path}")
    for_two = len(statements)
    for _ in range(3):
        await world.ticket("Operations", "Finance", blocks=[made["T1"]], opened_at="2026-03-04T09:00:00Z")
    statements.clear()
    response = await world.client.get(f"/v1/commitments/{made['id']}/{path}")
    assert response.status_code == 200
    assert len(statements) == for_two <= 8
