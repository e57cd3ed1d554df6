"""The tutorial's commands are answered as it says: run in its order, on a demo company of their own."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.kernel.database import Database
from tests.conftest import Clock

COPY = "tutorial"
TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "the-demo-company.md"
BLOCKS = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)
ADDRESS = re.compile(r'"\$OUTWARD(/[^"]*)"')
BODY = re.compile(r"-d '([^']*)'")
FOUR_MONTHS_AGO = re.compile(r"\$\(date [^)]*\)")


@dataclass(frozen=True)
class Command:
    """A command of the tutorial, and what it shows of the answer."""

    method: str
    path: str
    body: str | None
    shown: Any


def commands() -> Iterator[Command]:
    blocks = BLOCKS.findall(TUTORIAL.read_text())
    for place, (language, text) in enumerate(blocks):
        if language == "sh" and "curl" in text:
            address, body = ADDRESS.search(text), BODY.search(text)
            assert address is not None, text
            following = blocks[place + 1] if place + 1 < len(blocks) else ("", "")
            shown = json.loads(following[1]) if following[0] == "json" else None
            method = "POST" if "-X POST" in text else "GET"
            yield Command(method, address[1], body[1] if body else None, shown)


def left_out(shown: Any, answer: Any, at: str = "") -> list[str]:
    """Where the answer is not what is shown of it; fields may be left out, items of a list may not."""
    if isinstance(shown, dict) and isinstance(answer, dict):
        missing = [f"{at}/{name}" for name in shown if name not in answer]
        present = [name for name in shown if name in answer]
        return missing + [found for name in present for found in left_out(shown[name], answer[name], f"{at}/{name}")]
    if isinstance(shown, list) and isinstance(answer, list) and len(shown) == len(answer):
        pairs = enumerate(zip(shown, answer, strict=True))
        return [found for place, (one, other) in pairs for found in left_out(one, other, f"{at}/{place}")]
    return [] if shown == answer else [f"{at}: {answer!r} instead of {shown!r}"]


@pytest.fixture
def database(copied: Database) -> Database:
    """A demo company that only this test changes."""
    return copied


async def test_every_command_is_answered_as_shown(client: httpx.AsyncClient, clock: Clock, loaded_at: datetime):
    clock.instant = loaded_at
    since = (loaded_at - timedelta(days=120)).strftime("%Y-%m-%dT00:00:00Z")
    done = list(commands())
    for command in done:
        headers = {"Content-Type": "application/json"}
        path = FOUR_MONTHS_AGO.sub(since, command.path)
        response = await client.request(command.method, path, content=command.body, headers=headers)
        assert response.status_code == 200, response.text
        if command.shown is not None:
            assert left_out(command.shown, response.json()) == [], path
    assert len(done) == 13


async def test_everything_it_names_by_id_is_there(client: httpx.AsyncClient):
    ids = set(re.findall(r"`([0-9a-f]{8}-[0-9a-f-]{27})`", TUTORIAL.read_text()))
    known = set()
    for path in ("/v1/departments", "/v1/commitments"):
        known |= {item["id"] for item in (await client.get(path, params={"limit": 50})).json()["items"]}
    assert len(ids) == 14
    assert ids <= known
