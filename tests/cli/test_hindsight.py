"""`outward backtest`, as it is typed."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from app.cli import command

MAPPING = """
[log]
case = "case"
time = "time"
activity = "activity"
department = "department"
[defaults]
requester = "Sales"
department = "Finance"
customer = "ACME"
timezone = "UTC"
[activity]
start = "start"
done = "resolve"
"""
COMMITMENT = '[commitment]\ndue_after_seconds = 864000\nowner = "Sales"\n'


@pytest.fixture
def log(tmp_path):
    """Sixty orders, two a day, each answered after 1 to 14 days, promised within ten."""
    lines = ["case,time,activity,department"]
    for number in range(60):
        day = 1 + number // 2
        lines.append(f"{number},2026-01-{day:02}T08:00:00Z,start,Finance")
        done = day + 1 + number % 14
        lines.append(f"{number},2026-{1 + (done > 31):02}-{done - 31 * (done > 31):02}T08:00:00Z,done,Finance")
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def mapping(tmp_path):
    path = tmp_path / "orders.toml"
    path.write_text(MAPPING + COMMITMENT)
    return path


def typed(*arguments, **settings):
    return CliRunner().invoke(command, [str(each) for each in arguments], env=settings)


def test_it_tells_how_good_forecasts_of_a_log_would_have_been(log, mapping):
    told = typed("backtest", "--log", log, "--mapping", mapping)

    assert told.exit_code == 0
    assert "60 commitments" in told.stdout
    assert "within the 80 % interval" in told.stdout


def test_for_machines_it_is_json(log, mapping):
    told = json.loads(typed("backtest", "--log", log, "--mapping", mapping, "--json").stdout)

    assert told["commitments"] == 60
    assert [scores["share"] for scores in told["by_share"]] == [0.25, 0.5, 0.75]
    half = told["by_share"][1]
    assert half["forecasts"] > 0
    assert sum(each["forecasts"] for each in half["reliability"]) == half["decided"]


def test_it_is_drawn_when_asked(log, mapping, tmp_path):
    picture = tmp_path / "orders.svg"

    told = typed("backtest", "--log", log, "--mapping", mapping, "--picture", picture)

    assert told.exit_code == 0
    assert "How good forecasts were: orders.csv" in picture.read_text()


def test_where_nothing_can_be_drawn_it_fails(log, mapping, tmp_path):
    told = typed("backtest", "--log", log, "--mapping", mapping, "--picture", tmp_path / "nowhere" / "orders.svg")

    assert (told.exit_code, "No such file" in told.output) == (1, True)


def test_a_log_needs_a_mapping(log):
    assert typed("backtest", "--log", log).exit_code == 2


def test_a_mapping_without_commitments_is_a_wrong_use(log, mapping):
    mapping.write_text(MAPPING)

    assert typed("backtest", "--log", log, "--mapping", mapping).exit_code == 2


def test_a_broken_log_fails(log, mapping):
    log.write_text("<log")

    assert typed("backtest", "--log", log, "--mapping", mapping).exit_code == 1


async def test_without_a_log_it_is_of_what_is_stored(client, database, settings):
    sales = (await client.post("/v1/departments", json={"key": "SALES", "name": "Sales"})).json()
    customer = (await client.post("/v1/customers", json={"external_ref": "A", "name": "ACME"})).json()
    await client.post(
        "/v1/commitments",
        json={
            "customer_id": customer["id"],
            "title": "An order",
            "owner_department_id": sales["id"],
            "promised_at": "2026-01-05T08:00:00Z",
            "due_at": "2026-01-15T08:00:00Z",
        },
    )

    told = await asyncio.to_thread(
        typed, "backtest", "--json", OUTWARD_DATABASE_URL=str(settings.database_url), OUTWARD_SECRET_KEY="s" * 40
    )

    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["commitments"] == 1
