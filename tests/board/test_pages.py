"""The page of the catalogue: served to anybody, without any data and without the internet."""

import re

import httpx
import pytest

FILES = ("/catalogue", "/catalogue/catalogue.css", "/catalogue/catalogue.js")


@pytest.mark.parametrize("path", FILES)
async def test_the_page_is_open_and_runs_only_what_comes_from_here(anonymous: httpx.AsyncClient, path: str) -> None:
    response = await anonymous.get(path)
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


async def test_the_page_asks_for_nothing_elsewhere(anonymous: httpx.AsyncClient) -> None:
    for path in FILES:
        text = (await anonymous.get(path)).text
        elsewhere = set(re.findall(r"https?://[^\s\"']+", text)) - {"http://www.w3.org/2000/svg"}
        assert elsewhere == set(), path


async def test_all_that_the_page_names_is_served(anonymous: httpx.AsyncClient) -> None:
    page = (await anonymous.get("/catalogue")).text
    named = re.findall(r"(?:href|src)=\"([^\"]+)\"", page)
    assert sorted(named) == ["/assets/favicon.png", "/catalogue/catalogue.css", "/catalogue/catalogue.js"]
    assert [(await anonymous.get(path)).status_code for path in named] == [200, 200, 200]
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page)


async def test_what_people_wrote_never_becomes_markup(anonymous: httpx.AsyncClient) -> None:
    script = (await anonymous.get("/catalogue/catalogue.js")).text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", script)


async def test_the_page_is_no_operation_of_the_interface(anonymous: httpx.AsyncClient) -> None:
    paths = (await anonymous.get("/openapi.json")).json()["paths"]
    assert "/v1/catalogue" in paths
    assert not [path for path in paths if path.startswith("/catalogue")]
