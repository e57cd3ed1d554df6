"""What needs attention among 100,000 unresolved tickets, against reading one of them: `python -m bench.attention`.

Both are asked of one service within this process, in turns, on one database; the figure is the ratio of the medians.
With `--explain` the plan of each kind is printed.
"""

import argparse
import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.attention.attention import KINDS, Question, instants, worst
from app.kernel.database import Database
from bench.generating import UNTIL, generated
from bench.within import against_a_ticket, client_of

COMMITMENTS: Final = 3_000
UNRESOLVED: Final = 100_000
ROUNDS: Final = 60

# As many tickets as are missing, from the unresolved ones there are: of a hundred 35 are to be acknowledged, 5 to be
# accepted, 30 wait (one in six for a ticket that blocks it), 4 have asked something; neglected for up to ninety days.
TICKETS: Final = """
    with pattern as (
        select *, row_number() over (order by number) as place, count(*) over () as patterns
        from tickets where status in ('open', 'acknowledged', 'in_progress', 'waiting')
    ), made as (
        select gen_random_uuid() as new_id, n, n % 100 as share, p.*,
            cast(:until as timestamptz) - interval '90 days' * random() as at
        from generate_series(1, :missing) n join pattern p on p.place = n % p.patterns + 1
    )
    insert into tickets (id, title, requester_department_id, provider_department_id, request_type_id, customer_id,
        commitment_id, priority, status, waiting_on, opened_at, last_at, pending_since, is_handed_over, asked_at, leg)
    select new_id, title, requester_department_id, provider_department_id, request_type_id, customer_id, commitment_id,
        priority,
        case when share < 40 then 'open' when share < 70 then 'waiting' else 'in_progress' end,
        case when share between 40 and 44 then 'dependency' when share between 45 and 69 then
            (array['requester', 'customer', 'third_party'])[share % 3 + 1] end,
        at, at, case when share < 70 then at end, share between 35 and 39, case when share > 95 then at end,
        case when share between 35 and 39 then 2 else 1 end
    from made
"""
LEGS: Final = """
    insert into ticket_legs (ticket_id, number, department_id, arrived_by, started_at, sla_explanation)
    select t.id, n, case n when t.leg then t.provider_department_id else t.requester_department_id end,
        case n when 1 then 'opening' else 'transfer' end, t.opened_at, '[]'
    from tickets t, generate_series(1, t.leg) n
    where not exists (select from ticket_legs l where l.ticket_id = t.id)
"""
BLOCKERS: Final = """
    insert into ticket_dependencies (blocker_id, blocked_id, position)
    select b.id, t.id, 0
    from (select id, row_number() over () n from tickets where waiting_on = 'dependency') t
    join (select id, row_number() over () n from tickets where status = 'in_progress') b using (n)
    on conflict do nothing
"""
OWNERS: Final = """
    insert into customer_relationships (id, customer_id, department_id, role, since)
    select gen_random_uuid(), c.id, (select id from departments limit 1), 'account owner', '2025-01-01T00:00:00Z'
    from customers c where external_ref not like '%7'
"""
AT_RISK: Final = """
    insert into ripple_forecasts (commitment_id, look_at, as_of, p50, p80, p95, probability_late, at_risk_since)
    select id, now(), now(), now(), now(), now(), 0.7, now() - interval '30 days' * random()
    from commitments where status = 'open'
    on conflict do nothing
"""
LEFT: Final = (
    """
    insert into members (id, email, name, left_at)
    select gen_random_uuid(), 'left-' || n || '@example.com', 'Member ' || n, now() - interval '1 day' * n
    from generate_series(1, 20) n
    """,
    """
    update tickets t set assignee_id = m.id
    from (select id, row_number() over () n from members where left_at is not null) m
    where t.number % 5000 = m.n and t.status in ('open', 'waiting', 'in_progress')
    """,
)


async def _fill(url: str) -> int:
    """Makes the backlog; how many unresolved tickets there are then."""
    database = Database(url, pool_size=1)
    unresolved = "select count(*) from tickets where status in ('open', 'acknowledged', 'in_progress', 'waiting')"
    async with database.writing() as connection:
        await connection.execute(
            text("update tickets set pending_since = opened_at where status in ('open', 'waiting')")
        )
        there = (await connection.execute(text(unresolved))).scalar_one()
        await connection.execute(text(TICKETS), {"missing": UNRESOLVED - there, "until": UNTIL})
        for statement in (LEGS, BLOCKERS, OWNERS, AT_RISK, *LEFT):
            await connection.execute(text(statement))
        count: int = (await connection.execute(text(unresolved))).scalar_one()
    async with database.reading() as connection:
        await connection.execute(text("vacuum analyze"))
    await database.close()
    return count


async def _measure(url: str, count: int) -> list[dict[str, Any]]:
    database = Database(url, pool_size=1)
    async with client_of(database) as client:
        items = (await client.get("/v1/attention?limit=200")).json()
        department = next(item["could_act"]["department_id"] for item in items["items"])
        paths = {
            "the worst 50": "/v1/attention",
            "the worst 200": "/v1/attention?limit=200",
            "the next 50": f"/v1/attention?cursor={items['next_cursor']}",
            "of a department": f"/v1/attention?department_id={department}",
            **{name: f"/v1/attention?kind={name}" for name in KINDS},
        }
        ticket = next(item["subject"]["id"] for item in items["items"] if item["subject"]["type"] == "ticket")
        # The first ones are planned anew each time.
        rows = await against_a_ticket(client, ticket, paths, rounds=ROUNDS, unmeasured=10, unresolved=count)
    await database.close()
    return rows


async def _plan(connection: AsyncConnection, database: Database, name: str) -> str:
    asked = worst(KINDS[name], Question((name,), (), "rank", False, False, False, 51))
    statement = asked.params(instants(datetime.now(UTC) + timedelta(days=1)))
    written = statement.compile(dialect=database.engine.dialect, compile_kwargs={"literal_binds": True})
    found = await connection.exec_driver_sql(f"explain (analyze, buffers) {written}")
    return "\n".join(found.scalars())


async def explain(url: str) -> None:
    """Prints how each kind is found."""
    database = Database(url, pool_size=1)
    async with database.reading() as connection:
        for name in KINDS:
            print(f"\n{name}\n{await _plan(connection, database, name)}")
    await database.close()


def run(*, explained: bool = False) -> list[dict[str, Any]]:
    """One row for each way of asking, the ticket first."""
    with generated(COMMITMENTS) as (url, _):
        count = asyncio.run(_fill(url))
        if explained:
            asyncio.run(explain(url))
        return asyncio.run(_measure(url, count))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--explain", action="store_true", help="print the plan of each kind")
    for row in run(explained=parser.parse_args(arguments).explain):
        print(f"{row['read']:26} {row['unresolved']:>8,} {row['p50_ms']:8.2f} ms {row['times_a_ticket']:6.1f}")


if __name__ == "__main__":
    main()
