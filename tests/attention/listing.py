"""Asking for what needs attention, and doing what it says helps."""

from typing import Any

import httpx


async def attention(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    response = await client.get("/v1/attention", params=query)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def subjects(client: httpx.AsyncClient, **query: Any) -> list[tuple[str, str]]:
    """Kind and id of what needs attention, in its order."""
    return [(item["kind"], item["subject"]["id"]) for item in await attention(client, **query)]


async def resolve(client: httpx.AsyncClient, item: dict[str, Any], **said: Any) -> Any:
    """Sends the request that an entry names, with what it says is needed: no more and no less."""
    assert sorted(said) == sorted(item["act"]["needs"])
    body = item["act"]["body"] | said
    sent = {"json": body} if body else {}
    response = await client.request(item["act"]["method"], item["act"]["path"], **sent)
    assert response.status_code in (200, 201), response.text
    return response.json()
