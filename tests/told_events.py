"""Whatever was told in a test is as the catalogue declares it: every test with a service proves a piece of that."""

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema_rs import Validator, validator_for
from sqlalchemy import select

from app.kernel.database import Database
from app.kernel.outbox import events
from app.main import EVENT_TYPES

WITH_THE_PRESENT_ONLY = frozenset(
    {
        "requester_department",
        "provider_department",
        "requester",
        "assignee",
        "customer",
        "commitment",
        "owner_department",
    }
)
"""What history that is recorded at once, of an import or of the demo company, lacks."""
_HISTORIANS = ("import", "demo")


async def undeclared(database: Database) -> list[str]:
    """What was told otherwise than the catalogue declares it, each with what is wrong."""
    async with database.reading() as connection:
        told = (await connection.execute(select(events.c.type, events.c.data).order_by(events.c.sequence))).all()
    return [f"{kind}: {wrong}" for kind, data in told for wrong in _wrong(kind, data)]


def _wrong(kind: str, data: dict[str, Any]) -> Iterator[str]:
    if kind not in EVENT_TYPES:
        yield "is not in the catalogue"
        return
    for error in _validator(kind, _is_history(data)).iter_errors(data):
        yield f"{'/'.join(map(str, error.instance_path))}: {error.message[:500]}"


def _is_history(data: dict[str, Any]) -> bool:
    return (data.get("actor") or {}).get("type") in _HISTORIANS and "provider_department" not in data


@cache
def _validator(kind: str, is_history: bool) -> Validator:
    schema = deepcopy(EVENT_TYPES[kind].schema())
    if is_history:
        schema["required"] = [name for name in schema["required"] if name not in WITH_THE_PRESENT_ONLY]
        if "blocker" in schema["properties"]:
            schema["properties"]["blocker"] = {"type": "object", "properties": {"id": {}}, "required": ["id"]}
    _close(schema)
    return validator_for(schema, validate_formats=True)


def _close(schema: Any) -> None:
    """Lets no object have what its schema does not name."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for inner in schema.values():
            _close(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _close(inner)
