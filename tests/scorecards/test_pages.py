"""The page of a scorecard, which a browser opens by a link."""

import re
from typing import Any

import httpx
import pytest

from tests.conftest import Clock
from tests.tickets.worlds import World


@pytest.fixture
async def world(client: httpx.AsyncClient, clock: Clock) -> World:
    clock.at("2026-03-20T12:00:00+00:00")
    return World(client)


async def link(world: World, path: str, **body: Any) -> str:
    made = await world.client.post(f"/v1/scorecards/{path}/page", json=body)
    assert made.status_code == 200, made.text
    assert made.headers["Cache-Control"] == "no-store"
    assert made.json()["expires_at"] == "2026-03-20T12:15:00Z"
    return str(made.json()["url"])


async def test_a_link_opens_the_page_without_a_key(world: World, anonymous: httpx.AsyncClient) -> None:
    finance = await world.department("FIN")
    url = await link(world, f"departments/{finance}", **{"from": "2026-03-01T00:00:00Z", "to": "2026-03-11T00:00:00Z"})
    page = await anonymous.get(url)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "1 Mar – 10 Mar 2026, beside 19 Feb – 28 Feb 2026" in page.text
    assert "FIN overran nothing and let nobody wait." in page.text
    asked = await world.client.get(
        f"/v1/scorecards/departments/{finance}",
        params={"from": "2026-03-01T00:00:00Z", "to": "2026-03-11T00:00:00Z"},
        headers={"Accept": "text/html"},
    )
    assert asked.text == page.text


async def test_the_page_runs_nothing_loads_nothing_and_is_kept_nowhere(
    world: World, anonymous: httpx.AsyncClient
) -> None:
    page = await anonymous.get(await link(world, f"departments/{await world.department('FIN')}"))
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/]+=*';", policy)
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(
        r"<script|<link|<img|<iframe|\ssrc=|\shref=|\sstyle=|\son\w+=|url\(|@import|https?://", page.text
    )


async def test_what_people_wrote_never_becomes_markup(world: World, anonymous: httpx.AsyncClient) -> None:
    name = "<script>alert('&\"')</script>"
    finance = (await world.post("/v1/departments", {"key": "FIN", "name": name}))["id"]
    page = (await anonymous.get(await link(world, f"departments/{finance}"))).text
    assert "<script>" not in page
    assert "&lt;script&gt;alert('&amp;\"')&lt;/script&gt;" in page


async def test_a_member_has_a_page_that_says_why_they_are_not_compared(
    world: World, anonymous: httpx.AsyncClient
) -> None:
    ada = (await world.post("/v1/members", {"email": "ada@example.com", "name": "Ada", "department_ids": []}))["id"]
    page = (await anonymous.get(await link(world, f"members/{ada}"))).text
    assert "<h1>Ada</h1>" in page
    assert "Nobody with fewer than 20 tickets" in page
    assert "Customers lost" not in page


async def test_a_link_dies_by_itself(world: World, anonymous: httpx.AsyncClient, clock: Clock) -> None:
    url = await link(world, f"departments/{await world.department('FIN')}")
    clock.passes(minutes=15)
    page = await anonymous.get(url)
    assert page.status_code == 404
    assert "This link has expired." in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_a_link_dies_with_the_key_that_made_it(world: World, anonymous: httpx.AsyncClient) -> None:
    finance = await world.department("FIN")
    key = await world.post("/v1/api-keys", {"name": "Reviews", "role": "analyst"})
    bearer = {"Authorization": f"Bearer {key['key']}"}
    made = await world.client.post(f"/v1/scorecards/departments/{finance}/page", json={}, headers=bearer)
    assert (await anonymous.get(made.json()["url"])).status_code == 200
    await world.post(f"/v1/api-keys/{key['id']}/revoke", {}, 200)
    page = await anonymous.get(made.json()["url"])
    assert page.status_code == 404
    assert "was revoked" in page.text


@pytest.mark.parametrize("query", ["", "?link=", "?link=nothing", "?link=%00", "?link=%C3%A4"])
async def test_what_is_no_link_shows_nothing(anonymous: httpx.AsyncClient, query: str) -> None:
    assert (await anonymous.get(f"/scorecards/page{query}")).status_code == 404
