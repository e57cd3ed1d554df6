"""Exporting what the API answers, in bulk."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyarrow import parquet

from app.exchange.datasets import SOURCES
from app.exchange.export import Dataset, Format, run_export
from app.exchange.importing import run_import
from app.kernel.database import Database
from tests.conftest import Clock
from tests.exchange.logs import NOW, a_mapping, csv_of, written

HEADER = "case,time,activity,department,member,customer,priority,title"
MORE = """
[commitment]
owner = "Sales"
due_after_seconds = 3600
[[sla]]
name = "Quick"
provider = "*"
rank = 10
calendar = "Always"
targets = [{metric = "acknowledge", seconds = 600}, {metric = "resolve", seconds = 7200}]
"""
ALWAYS = {"name": "Always", "timezone": "UTC", "hours": {day: [["00:00", "24:00"]] for day in ("mon", "tue")}}
ROWS = [
    (f"C{number}", f"2026-01-05T{9 + step:02}:00:00Z", activity, department, "Ada", f"K{number % 3}", "", "=1+1")
    for number in range(7)
    for step, (activity, department) in enumerate(
        [("look", "Desk"), ("start", "Back office"), ("wait customer", ""), ("resolve", "")][: number + 1]
    )
]


@pytest.fixture(autouse=True)
async def company(client: httpx.AsyncClient, database: Database, clock: Clock, tmp_path: Path) -> None:
    """Seven tickets with commitments and clocks."""
    clock.instant = NOW
    assert (await client.post("/v1/calendars", json=ALWAYS)).status_code == 201
    path = written(tmp_path, csv_of(*ROWS, header=HEADER), name="log.csv")
    await run_import(database, path, a_mapping(MORE), now=NOW, max_bytes=10**9)


async def exported(database: Database, dataset: Dataset, format_: Format, directory: Path) -> Path:
    path = directory / f"{dataset}.{format_}"
    await run_export(database, dataset, format_, path, now=NOW)
    return path


async def lines(database: Database, dataset: Dataset, directory: Path) -> list[dict[str, Any]]:
    path = await exported(database, dataset, Format.JSONL, directory)
    return [json.loads(line) for line in path.read_text().splitlines()]


async def items(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(path, params={"limit": 200})).json()["items"]
    return found


async def test_tickets_are_what_the_api_answers(client: httpx.AsyncClient, database: Database, tmp_path: Path) -> None:
    answered = await items(client, "/v1/tickets")
    assert len(answered) == 7
    for ticket in answered:
        del ticket["clocks"], ticket["hand_off"]
    assert await lines(database, Dataset.TICKETS, tmp_path) == answered


async def test_clocks_are_what_the_api_answers_of_every_ticket(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    answered = [
        {"ticket_id": ticket["id"], "ticket_number": ticket["number"], **clock}
        for ticket in await items(client, "/v1/tickets")
        for clock in ticket["clocks"]
    ]
    assert len(answered) > 14
    assert await lines(database, Dataset.CLOCKS, tmp_path) == answered


async def test_commitments_are_what_the_api_answers(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    assert await lines(database, Dataset.COMMITMENTS, tmp_path) == await items(client, "/v1/commitments")


async def test_events_are_the_whole_feed(client: httpx.AsyncClient, database: Database, tmp_path: Path) -> None:
    assert await lines(database, Dataset.EVENTS, tmp_path) == await items(client, "/v1/events")


async def test_ripple_has_every_part_of_every_analysis(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    found = await lines(database, Dataset.RIPPLE, tmp_path)
    for commitment in await items(client, "/v1/commitments"):
        answer = (await client.get(f"/v1/commitments/{commitment['id']}/ripple")).json()
        mine = [line for line in found if line["commitment_id"] == commitment["id"]]
        assert {line["lateness_seconds"] for line in mine} == {answer["lateness_seconds"]}
        parts = [(line["party"], line["cause"], line["seconds"]) for line in mine if line["line"] == "decomposition"]
        assert parts == [(part["department"], part["cause"], part["seconds"]) for part in answer["decomposition"]]
        assert sum(seconds for _, _, seconds in parts) == answer["elapsed_seconds"]
        shares = [
            (line["party"], line["seconds"], line["but_for_seconds"]) for line in mine if line["line"] == "attribution"
        ]
        assert shares == [
            (share["party"], share["shapley_seconds"], share["but_for_seconds"]) for share in answer["attribution"]
        ]


async def test_a_cancelled_commitment_has_no_ripple(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    still_open = next(each for each in await items(client, "/v1/commitments") if each["status"] == "open")
    answer = await client.post(f"/v1/commitments/{still_open['id']}/cancel", json={"reason": "Not wanted."})
    assert answer.status_code == 200, answer.text
    assert still_open["id"] not in {line["commitment_id"] for line in await lines(database, Dataset.RIPPLE, tmp_path)}


@pytest.mark.parametrize("dataset", Dataset)
async def test_every_format_has_the_same_rows(database: Database, tmp_path: Path, dataset: Dataset) -> None:
    columns = [column.name for column in SOURCES[dataset].columns]
    expected = await lines(database, dataset, tmp_path)
    with (await exported(database, dataset, Format.CSV, tmp_path)).open(newline="") as file:
        header, *cells = csv.reader(file)
    table = parquet.read_table(await exported(database, dataset, Format.PARQUET, tmp_path))
    assert header == table.column_names == columns
    assert len(cells) == table.num_rows == len(expected) > 0
    for row, in_csv, in_parquet in zip(expected, cells, table.to_pylist(), strict=True):
        for name, cell in zip(columns, in_csv, strict=True):
            value = row[name]
            assert cell == _as_cell(value)
            stored = in_parquet[name]
            if hasattr(stored, "isoformat"):
                stored = stored.isoformat().replace("+00:00", "Z")
            assert stored == (
                json.dumps(value, separators=(",", ":"), ensure_ascii=False) if _is_json(value) else value
            )


def _is_json(value: Any) -> bool:
    return isinstance(value, list | dict)


def _as_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if _is_json(value):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value.startswith("=") else str(value)


async def test_rows_come_in_blocks_and_all_of_them(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await lines(database, Dataset.TICKETS, tmp_path)
    monkeypatch.setattr("app.exchange.datasets.BLOCK_ROWS", 3)
    monkeypatch.setattr("app.exchange.formats.ROWS_PER_GROUP", 3)
    told: list[int] = []
    path = tmp_path / "tickets.parquet"
    rows = await run_export(database, Dataset.TICKETS, Format.PARQUET, path, now=NOW, progress=told.append)
    assert (rows, told) == (7, [3, 6, 7])
    assert parquet.ParquetFile(path).num_row_groups == 3
    assert parquet.read_table(path)["id"].to_pylist() == [ticket["id"] for ticket in whole]


async def test_a_file_is_replaced_only_when_all_is_written(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    path.write_text("before")
    path.chmod(0o640)

    def broken(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("app.exchange.formats.JsonWriter.write", broken)
    with pytest.raises(OSError, match="disk is full"):
        await run_export(database, Dataset.TICKETS, Format.JSONL, path, now=NOW)
    assert path.read_text() == "before"
    monkeypatch.undo()
    await run_export(database, Dataset.TICKETS, Format.JSONL, path, now=NOW)
    assert len(path.read_text().splitlines()) == 7
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["log.csv", "out"]


async def test_a_pipe_is_written_to_and_not_replaced(database: Database, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    await run_export(database, Dataset.COMMITMENTS, Format.CSV, pipe, now=NOW)
    assert os.read(reader, 100_000).startswith(b"id,version,customer_id")
    os.close(reader)
    assert pipe.is_fifo()


async def test_an_export_of_nothing_has_a_header(database: Database, tmp_path: Path) -> None:
    async with database.writing() as connection:
        await connection.exec_driver_sql("truncate events")
    path = await exported(database, Dataset.EVENTS, Format.CSV, tmp_path)
    assert path.read_text().split() == ["id,sequence,type,occurred_at,data"]
    table = parquet.read_table(await exported(database, Dataset.EVENTS, Format.PARQUET, tmp_path))
    assert (table.num_rows, table.num_columns) == (0, 5)
