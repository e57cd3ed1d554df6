"""The schema goes up, down and up again, and is what the tables say."""

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from app.kernel import schema_version
from app.kernel.database import Database
from app.schema import metadata
from app.webhooks.deliveries import MADE_UP_TO
from tests.conftest import in_database
from tests.ripple.kept import keep, marked, stored
from tests.ripple.kept_world import put_days_together

A_CALENDAR = """
    insert into calendars (id, name, timezone, hours, holiday_country, holiday_subdivision)
    values (:id, 'Office', 'UTC', '{}', :country, :subdivision)
"""
ITS_VERSION = """
    insert into calendar_versions (
        calendar_id, number, holds_from, timezone, hours, holiday_country, holiday_subdivision
    ) values (:id, 1, '1900-01-01T00:00:00Z', 'UTC', '{}', :country, :subdivision)
"""

OF_WEBHOOKS = (
    """
    insert into api_keys (id, lookup, key_hash, name, role, permissions)
    values (gen_random_uuid(), 'x', 'x', 'board', 'integration', '{read,webhooks}')
    """,
    "insert into job_lanes (id, kind, width) values ('019cad56-1000-7a3e-8c1d-2f4b6a8c0e1f', 'webhook', 1)",
    """
    insert into jobs (id, kind, run_at, lane)
    select gen_random_uuid(), 'webhook', now(), id from job_lanes
    union all select gen_random_uuid(), kind, now(), null
    from unnest(array['webhook replay', 'webhook recovery', 'escalation']) as kind
    """,
)

OF_MEMBERS = (
    "insert into members (id, email, name) values (gen_random_uuid(), 'ada@example.com', 'Ada')",
    "insert into api_keys (id, lookup, key_hash, name, role) values (gen_random_uuid(), 'x', 'x', 'board', 'analyst')",
    """
    insert into api_keys (id, lookup, key_hash, name, role, member_id)
    select gen_random_uuid(), kind, 'x', kind, kind, members.id from members, unnest(array['lead', 'member']) as kind
    """,
)

DELIVERED, STILL_OPEN = UUID(int=1), UUID(int=2)
OF_COMMITMENTS = (
    "insert into departments (id, key, name) values (gen_random_uuid(), 'SALES', 'Sales')",
    "insert into customers (id, external_ref, name) values (gen_random_uuid(), 'ACME', 'Acme')",
    f"""
    insert into commitments (
        id, customer_id, owner_department_id, title, promised_at, due_at, agreed_due_at, status, delivered_at
    )
    select made.id, customers.id, departments.id, 'Go-live', '2026-03-02T09:00Z', '2026-03-03T09:00Z',
        '2026-03-03T09:00Z', made.status, made.delivered_at
    from customers, departments, (values
        ('{DELIVERED}'::uuid, 'delivered', '2026-03-04T09:00Z'::timestamptz), ('{STILL_OPEN}', 'open', null)
    ) as made (id, status, delivered_at)
    """,
)


A_TICKET_WITH_FEEDBACK = (
    "insert into departments (id, key, name) values (gen_random_uuid(), 'FIN', 'Finance')",
    "insert into customers (id, external_ref, name) values (gen_random_uuid(), 'ACME', 'Acme')",
    """
    insert into tickets (
        id, title, requester_department_id, provider_department_id, customer_id, priority, status, opened_at, last_at
    ) select gen_random_uuid(), title, d.id, d.id, c.id, 'p3', 'closed', '2026-03-02T09:00Z', '2026-03-02T09:00Z'
    from departments d, customers c, unnest(array['Once', 'Twice']) as title
    """,
    """
    insert into ticket_history (ticket_id, number, verb, at, recorded_at, leg)
    select id, 1, 'reopen', '2026-03-03T09:00Z', now(), 1 from tickets where title = 'Twice'
    """,
    """
    insert into ticket_feedback (ticket_id, score, at)
    select id, case title when 'Once' then 3 else 4 end, '2026-03-04T09:00Z' from tickets
    """,
)


@pytest.fixture
def empty_url(server_url: str, worker_id: str, testrun_uid: str) -> Iterator[str]:
    """A database of this test's own, without any table."""
    name = f"empty_{worker_id}_{testrun_uid[:12]}"

    async def execute(statement: str) -> None:
        connection = await asyncpg.connect(server_url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(execute(f"create database {name}"))
    yield in_database(server_url, name)
    asyncio.run(execute(f"drop database {name} with (force)"))


async def _objects(database: Database) -> set[str]:
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                "select 'table ' || relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
                " union select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace"
                " union select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace"
                " and typtype = 'e'"
            )
        )
        return set(rows.scalars()) - {"table alembic_version"}


async def test_up_down_and_up_again(empty_url: str) -> None:
    database = Database(empty_url, pool_size=1)
    await schema_version.migrate(database, "head")
    first = await _objects(database)
    await schema_version.migrate(database, "base")
    assert await _objects(database) == set()
    await schema_version.migrate(database, "head")
    assert await _objects(database) == first
    await database.close()


def _is_no_partition(connection: Connection) -> Any:
    rows = connection.execute(text("select relname from pg_class where relispartition"))
    partitions = set(rows.scalars())
    return lambda name, kind, _: kind != "table" or name not in partitions


async def test_tables_and_migrations_agree(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "include_name": _is_no_partition(connection)}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_at_the_same_time_is_done_once(empty_url: str) -> None:
    databases = [Database(empty_url, pool_size=1) for _ in range(4)]
    await asyncio.gather(*[schema_version.migrate(database) for database in databases])
    async with databases[0].reading() as connection:
        assert await schema_version.present(connection) == schema_version.newest()
    for database in databases:
        await database.close()


async def test_calendars_of_a_country_keep_the_public_holidays_they_went_by(empty_url: str) -> None:
    database = Database(empty_url, pool_size=1)
    await schema_version.migrate(database, "0001")
    async with database.writing() as connection:
        for number, (country, subdivision) in enumerate(
            [("DE", "BY"), ("DE", None), ("IN", None), ("QQ", None), (None, None)]
        ):
            named = {"id": UUID(int=number), "country": country, "subdivision": subdivision}
            for statement in (A_CALENDAR, ITS_VERSION):
                await connection.execute(text(statement), named)
    await schema_version.migrate(database, "0002")
    async with database.reading() as connection:
        rows = await connection.execute(text("select public_holidays from calendar_versions order by calendar_id"))
        bavaria, germany, india, unknown, none = rows.scalars().all()
    epiphany = date(2026, 1, 6)
    assert (epiphany in bavaria, epiphany in germany, date(2026, 12, 25) in germany) == (True, False, True)
    assert (germany[0], germany[-1], unknown, none) == (date(1991, 1, 1), date(2100, 12, 26), [], None)
    assert india[0].year >= 1990
    await database.close()


async def test_going_down_from_webhooks_leaves_nothing_that_the_version_before_does_not_know(empty_url: str) -> None:
    database = Database(empty_url, pool_size=1)
    await schema_version.migrate(database, "0003")
    async with database.writing() as connection:
        for statement in OF_WEBHOOKS:
            await connection.execute(text(statement))
    await schema_version.migrate(database, "0002")
    async with database.reading() as connection:
        assert (await connection.execute(text("select permissions from api_keys"))).scalars().all() == [["read"]]
        assert (await connection.execute(text("select kind from jobs"))).scalars().all() == ["escalation"]
    await database.close()


async def test_webhooks_go_on_from_where_they_were_whichever_way_the_schema_goes(empty_url: str) -> None:
    database = Database(empty_url, pool_size=1)
    await schema_version.migrate(database, "0013")
    async with database.writing() as connection:
        await connection.execute(text("insert into webhook_progress (sequence) values (42)"))
    await schema_version.migrate(database)
    async with database.reading() as connection:
        assert (await connection.execute(MADE_UP_TO)).scalars().all() == [42]
    await schema_version.migrate(database, "0013")
    async with database.reading() as connection:
        assert (await connection.execute(text("select sequence from webhook_progress"))).scalars().all() == [42]
    await database.close()


async def test_what_was_delivered_before_analyses_were_stored_is_marked_and_analysed(empty_url: str) -> None:
    database = Database(empty_url, pool_size=3)
    await schema_version.migrate(database, "0004")
    async with database.writing() as connection:
        for statement in OF_COMMITMENTS:
            await connection.execute(text(statement))
    await schema_version.migrate(database, "0005")
    assert await marked(database) == {DELIVERED}
    await schema_version.migrate(database, "head")
    await keep(database)
    rows = await stored(database)
    assert {id_: row["lateness_seconds"] for id_, row in rows.items()} == {DELIVERED: 86_400}
    assert await marked(database) == set()
    await database.close()


async def test_what_was_analysed_before_it_was_stored_what_fits_is_analysed_again(empty_url: str) -> None:
    database = Database(empty_url, pool_size=3)
    await schema_version.migrate(database, "0004")
    async with database.writing() as connection:
        for statement in OF_COMMITMENTS:
            await connection.execute(text(statement))
    await schema_version.migrate(database, "head")
    await put_days_together(database)
    kept = await stored(database)
    await schema_version.migrate(database, "0015")
    await schema_version.migrate(database, "head")
    assert await marked(database) == {DELIVERED}
    assert await stored(database) != kept
    async with database.reading() as connection:
        assert (
            await connection.execute(text("select count(*) from ripple_days where stale_since is null"))
        ).scalar() == 0
    await put_days_together(database)
    assert await stored(database) == kept
    await database.close()


async def test_an_unknown_revision_is_refused(database: Database) -> None:
    with pytest.raises(LookupError, match="no revision 'nonsense'"):
        await schema_version.migrate(database, "nonsense")


async def test_feedback_from_before_belongs_to_the_resolution_of_its_time(empty_url: str) -> None:
    database = Database(empty_url, pool_size=1)
    await schema_version.migrate(database, "0012")
    async with database.writing() as connection:
        for statement in A_TICKET_WITH_FEEDBACK:
            await connection.execute(text(statement))
    await schema_version.migrate(database, "0013")
    numbers = text("select f.number, f.score from ticket_feedback f join tickets t on t.id = f.ticket_id order by 1")
    async with database.writing() as connection:
        assert (await connection.execute(numbers)).all() == [(1, 3), (2, 4)]
        more = "insert into ticket_feedback (ticket_id, number, score, at) select id, 3, 5, now() from tickets"
        await connection.execute(text(f"{more} where title = 'Twice'"))
    await schema_version.migrate(database, "0012")
    async with database.reading() as connection:
        scores = await connection.execute(text("select score from ticket_feedback order by score"))
        assert scores.scalars().all() == [3, 5]
    await database.close()


async def test_going_down_from_keys_of_members_leaves_only_keys_that_the_version_before_knows(empty_url: str) -> None:
    database = Database(empty_url, pool_size=1)
    await schema_version.migrate(database, "0017")
    async with database.writing() as connection:
        for statement in OF_MEMBERS:
            await connection.execute(text(statement))
    await schema_version.migrate(database, "0016")
    async with database.reading() as connection:
        assert (await connection.execute(text("select name from api_keys"))).scalars().all() == ["board"]
    await schema_version.migrate(database)
    await database.close()
