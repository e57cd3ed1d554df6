"""`If-Match` on what a request would make: nobody can have seen it yet."""

import httpx
import pytest

BY_NATURAL_KEY = ["/v1/departments/by-key/FIN", "/v1/members/by-email/ada@example.com", "/v1/customers/by-ref/C-1"]


@pytest.mark.parametrize("path", BY_NATURAL_KEY)
@pytest.mark.parametrize("expected", ['"1"', "*"])
async def test_what_is_not_there_has_no_version_to_match(client: httpx.AsyncClient, path: str, expected: str) -> None:
    stale = await client.put(path, json={"name": "Name"}, headers={"If-Match": expected})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale-version")
    assert (await client.put(path, json={"name": "Name"})).status_code == 201


@pytest.mark.parametrize("path", BY_NATURAL_KEY)
@pytest.mark.parametrize("expected", ['"1"', 'W/"1"', "1", '"7", "1"', "*"])
async def test_what_is_there_matches_its_version(client: httpx.AsyncClient, path: str, expected: str) -> None:
    await client.put(path, json={"name": "Name"})
    changed = await client.put(path, json={"name": "Other"}, headers={"If-Match": expected})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    stale = await client.put(path, json={"name": "Third"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 2)
