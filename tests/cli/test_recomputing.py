"""`outward recompute ripple`, as it is typed."""

import json

import pytest
from typer.testing import CliRunner

from app.cli import command


def typed(database_url, *arguments):
    settings = {
        "OUTWARD_DATABASE_URL": database_url,
        "OUTWARD_SECRET_KEY": "a secret of the tests, long enough to be one",
    }
    return CliRunner().invoke(command, ["recompute", "ripple", *arguments], env=settings)


def test_it_tells_what_it_found(database_url):
    told = typed(database_url)
    assert told.exit_code == 0, told.output
    assert "another answer of the same history" in told.stdout


def test_machines_get_every_count(database_url):
    told = typed(database_url, "--since", "2026-01-01T00:00:00Z", "--json")
    found = json.loads(told.stdout)
    assert found["since"] == "2026-01-01T00:00:00Z"
    assert {"analysed", "same", "added", "outdated", "differing", "failed", "resumed", "started_at"} < found.keys()


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-01-01T00:00:00", "2026-W01-1T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_instant_is_refused(database_url, text):
    told = typed(database_url, "--since", text)
    assert (told.exit_code, text in told.stderr) == (2, True)
