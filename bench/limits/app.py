"""The limit to measure against: the same inserts and reads with FastAPI, Pydantic and raw asyncpg, nothing else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from fastapi import FastAPI, Request
from pydantic import BaseModel
from uuid_utils.compat import uuid7

CLOCKS = 2


class Draft(BaseModel):
    title: str
    requester_department_id: UUID
    provider_department_id: UUID
    customer_id: UUID


class Clock(BaseModel):
    metric: str
    state: str
    target_seconds: int
    due_at: datetime | None


class Ticket(BaseModel):
    id: UUID
    number: int
    title: str
    requester_department_id: UUID
    provider_department_id: UUID
    customer_id: UUID
    status: str
    opened_at: datetime
    clocks: list[Clock]


async def _prepare(connection: Any) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads, schema="pg_catalog"
        )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    url = os.environ["BENCH_DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=16, max_size=16, init=_prepare) as pool:
        app.state.pool = pool
        app.state.sla = await pool.fetchrow("select id, version, calendar_id from slas limit 1")
        yield


app = FastAPI(lifespan=_lifespan)


@app.post("/tickets", status_code=201)
async def create(draft: Draft, request: Request) -> Ticket:
    now, id_, sla = datetime.now(UTC), uuid7(), request.app.state.sla
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        number = await connection.fetchval(
            "insert into tickets (id, title, requester_department_id, provider_department_id, customer_id, priority,"
            " status, opened_at, last_at) values ($1, $2, $3, $4, $5, 'p3', 'open', $6, $6) returning number",
            id_,
            draft.title,
            draft.requester_department_id,
            draft.provider_department_id,
            draft.customer_id,
            now,
        )
        await connection.execute(
            "insert into ticket_legs (ticket_id, number, department_id, arrived_by, started_at, sla_id, sla_version,"
            " sla_explanation) values ($1, 1, $2, 'opening', $3, $4, $5, '[]')",
            id_,
            draft.provider_department_id,
            now,
            sla["id"],
            sla["version"],
        )
        await connection.executemany(
            "insert into ticket_clocks (ticket_id, number, metric, scope, leg, department_id, sla_id, sla_version,"
            " calendar_id, state, target_seconds, started_at, due_at, elapsed_seconds, counting_since)"
            " values ($1, $2, $3, $4, 1, $5, $6, $7, $8, 'running', 3600, $9, $9, 0, $9)",
            [
                (
                    id_,
                    n,
                    metric,
                    scope,
                    draft.provider_department_id,
                    sla["id"],
                    sla["version"],
                    sla["calendar_id"],
                    now,
                )
                for n, metric, scope in ((1, "acknowledge", "leg"), (2, "resolve", "ticket"))
            ],
        )
        await connection.execute(
            "insert into ticket_history (ticket_id, number, verb, at, recorded_at, leg, details)"
            " values ($1, 1, 'open', $2, $2, 1, $3)",
            id_,
            now,
            {"priority": "p3"},
        )
        clocks = [Clock(metric=m, state="running", target_seconds=3600, due_at=now) for m in ("acknowledge", "resolve")]
        ticket = Ticket(id=id_, number=number, status="open", opened_at=now, clocks=clocks, **draft.model_dump())
        await connection.execute(
            "insert into events (id, type, occurred_at, data) values ($1, 'ticket.opened', $2, $3)",
            uuid7(),
            now,
            {"ticket": ticket.model_dump(mode="json")},
        )
    return ticket


async def _read(connection: Any, rows: list[Any]) -> list[Ticket]:
    clocks: dict[UUID, list[Clock]] = {row["id"]: [] for row in rows}
    for row in await connection.fetch(
        "select ticket_id, metric, state, target_seconds, due_at from ticket_clocks where ticket_id = any($1)",
        list(clocks),
    ):
        clocks[row["ticket_id"]].append(Clock(**{name: row[name] for name in Clock.model_fields}))
    names = [name for name in Ticket.model_fields if name != "clocks"]
    return [Ticket(**{name: row[name] for name in names}, clocks=clocks[row["id"]]) for row in rows]


@app.get("/tickets/{ticket_id}")
async def read(ticket_id: UUID, request: Request) -> Ticket:
    async with request.app.state.pool.acquire() as connection:
        row = await connection.fetchrow("select * from tickets where id = $1", ticket_id)
        (ticket,) = await _read(connection, [row])
    return ticket


@app.get("/tickets")
async def page(request: Request, limit: int = 50) -> list[Ticket]:
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch("select * from tickets order by id limit $1", limit)
        return await _read(connection, rows)
