"""An installation with its own database changes its secret key, as the how-to says."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.webhooks.wire.signing import new_secret
from tests.acceptance.test_running import Installation
from tests.webhooks.receivers import receiving


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data", webhook_allow_private="127.0.0.0/8")
    yield made
    if made.process is not None:
        made.end(signal.SIGTERM)


def secrets_at_rest(installation: Installation) -> str:
    findings = json.loads(installation.outward("doctor", "--json").stdout)["findings"]
    return next(finding["says"] for finding in findings if finding["what"] == "secrets at rest")


async def made_endpoint(installation: Installation, url: str, secret: str) -> dict[str, Any]:
    async with installation.client() as client:
        answer = await client.post("/v1/webhook-endpoints", json={"url": url, "secret": secret})
        made: dict[str, Any] = answer.raise_for_status().json()
        return made


async def test_it_changes_while_nothing_runs_and_everything_goes_on(installation: Installation) -> None:
    secret = new_secret()
    async with receiving() as receivers:
        hook = receivers.at("/hook", secret)
        await asyncio.to_thread(installation.serve)
        made = await made_endpoint(installation, hook.url, secret)
        refused = await asyncio.to_thread(installation.outward, "rotate-secret-key")
        assert (refused.returncode, "stop `outward serve`" in refused.stderr) == (1, True)
        await asyncio.to_thread(installation.end, signal.SIGTERM)

        before = (installation.data_dir / "secret.key").read_text()
        rotated = await asyncio.to_thread(installation.outward, "rotate-secret-key", "--json")
        assert rotated.returncode == 0, rotated.stderr
        told = json.loads(rotated.stdout)
        assert (told["key_made"], told["resealed"]["webhook endpoints"], told["resealed"]["API keys"]) == (True, 1, 1)
        (key,) = installation.data_dir.glob("secret.key*")
        assert key.read_text() != before
        assert await asyncio.to_thread(secrets_at_rest, installation) == "all under the secret key"

        await asyncio.to_thread(installation.serve)
        async with installation.client() as client:
            (await client.post(f"/v1/webhook-endpoints/{made['id']}/test")).raise_for_status()
        await hook.got(1)
        assert [(each.json["type"], each.verified) for each in hook.received] == [("webhook.test", True)]


def test_one_that_was_broken_off_goes_on_with_the_key_that_was_made(installation: Installation) -> None:
    installation.outward("keys", "create", "--name", "a", "--role", "admin")
    key, old = installation.data_dir / "secret.key", installation.data_dir / "secret.key.before-20260302T090000Z"
    key.rename(old)
    key.write_text("made just before the power went away, say")
    assert secrets_at_rest(installation).startswith("under a secret key of before: 1 API keys")
    told = json.loads(installation.outward("rotate-secret-key", "--json").stdout)
    assert (told["key_made"], told["resealed"]["API keys"]) == (False, 1)
    assert key.read_text() == "made just before the power went away, say"
    assert not old.exists()
    assert secrets_at_rest(installation) == "all under the secret key"
