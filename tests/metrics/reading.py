"""Reading a report over HTTP, and holding its CSV against its JSON."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import httpx

from app.kernel.reports import parts

MARCH = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}


async def report(client: httpx.AsyncClient, name: str, **query: Any) -> dict[str, Any]:
    """The report on March 2026, unless the query says otherwise; that its CSV is equal is asserted on the way."""
    asked = {**MARCH, **{field.rstrip("_"): value for field, value in query.items()}}
    response = await client.get(f"/v1/metrics/{name}", params=asked)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    text = (await client.get(f"/v1/metrics/{name}", params=asked, headers={"Accept": "text/csv"})).text
    lines = csv.DictReader(io.StringIO(text, newline=""))
    assert list(lines) == [_flat(row, lines.fieldnames or ()) for row in answer["rows"]]
    return answer


def figures(answer: dict[str, Any], *names: str, by: str | tuple[str, ...] = ()) -> dict[Any, tuple[Any, ...]]:
    """The named figures of each row, under what tells the row apart: a field of its group, of the row, or several."""
    keys = (by,) if isinstance(by, str) else by or parts(answer["group_by"])
    found = {}
    for row in answer["rows"]:
        told = tuple({**row, **row["group"]}[key] for key in keys)
        found[told[0] if len(told) == 1 else told] = tuple(row[name] for name in names)
    assert len(found) == len(answer["rows"])
    return found


def totals(answer: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(answer["totals"][name] for name in names)


def _flat(row: dict[str, Any], columns: Sequence[str]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in row.items():
        if name == "group":
            cells |= _flat(value, columns)
        elif name == "previous" and value is None:
            cells |= {column: "" for column in columns if column.startswith("previous_")}
        elif isinstance(value, dict):
            cells |= {f"{name}_{field}": text for field, text in _flat(value, columns).items()}
        else:
            cells[name] = _text(value)
    return cells


def _text(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
