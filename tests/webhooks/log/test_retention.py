"""Partitions are made ahead and dropped in time, by any number of workers, whatever lies where."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text

from app.kernel.database import Database
from app.kernel.ids import new_id
from app.kernel.jobs import jobs
from app.kernel.lanes import lane_job
from app.webhooks.deliveries import KIND
from app.webhooks.log.partitions import WEEK, beginning, bounds, lowest_id, name_of, week_of
from app.webhooks.log.retention import TABLES, Retention, missing_partitions, weeks_there
from app.webhooks.tables import webhook_attempts, webhook_deliveries, webhook_endpoints
from tests.webhooks.worlds import an_endpoint, jobs_in

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
THIS = date(2026, 3, 2)
MOMENT = timedelta(milliseconds=1)
AHEAD = [THIS, THIS + WEEK, THIS + 2 * WEEK]


@pytest.fixture(autouse=True)
async def unpartitioned(database: Database) -> AsyncIterator[None]:
    """No partitions but the default ones, before and after."""
    await drop_partitions(database)
    yield
    await drop_partitions(database)


async def drop_partitions(database: Database) -> None:
    async with database.writing() as connection:
        for table, weeks in (await weeks_there(connection)).items():
            for week in weeks:
                await connection.execute(text(f"drop table {name_of(table, week)}"))


async def there(database: Database) -> list[list[date]]:
    async with database.reading() as connection:
        found = await weeks_there(connection)
    assert list(found) == list(TABLES)
    return [sorted(weeks) for weeks in found.values()]


async def deliver(database: Database, made_at: datetime) -> UUID:
    """A delivery that was made then, with an attempt."""
    id_ = UUID(int=lowest_id(made_at).int + (7 << 76) + (2 << 62) + 5)
    delivery = {"id": id_, "endpoint_id": id_, "sequence": 1, "event_id": id_, "event_type": "ticket.opened"}
    attempt = {"delivery_id": id_, "number": 1, "at": made_at, "duration_ms": 1, "url": "https://example.com"}
    async with database.writing() as connection:
        await connection.execute(insert(webhook_deliveries).values(delivery))
        await connection.execute(insert(webhook_attempts).values(attempt))
    return id_


async def waits(database: Database, endpoint: UUID, made_at: datetime, sequence: int) -> None:
    """A delivery that was made then and still waits."""
    id_ = UUID(int=lowest_id(made_at).int + new_id().int % (1 << 80))
    event = {"sequence": sequence, "event_id": id_, "event_type": "ticket.opened"}
    async with database.writing() as connection:
        await connection.execute(insert(webhook_deliveries).values(id=id_, endpoint_id=endpoint, **event))
        await connection.execute(insert(jobs).values(lane_job(KIND, id_, endpoint, sequence, made_at)))


async def kept(database: Database) -> list[tuple[str, UUID]]:
    """Where which delivery and which attempt lies."""
    deliveries = select(text("tableoid::regclass::text"), webhook_deliveries.c.id)
    attempts = select(text("tableoid::regclass::text"), webhook_attempts.c.delivery_id)
    async with database.reading() as connection:
        rows = [*(await connection.execute(deliveries)), *(await connection.execute(attempts))]
    return sorted((table, id_) for table, id_ in rows)


def in_week(week: date, *ids: UUID) -> list[tuple[str, UUID]]:
    return sorted((name_of(table, week), id_) for table in TABLES for id_ in ids)


def in_default(*ids: UUID) -> list[tuple[str, UUID]]:
    return sorted((f"{table}_default", id_) for table in TABLES for id_ in ids)


async def next_at(database: Database, duty: Retention) -> datetime | None:
    async with database.reading() as connection:
        return await duty.next_at(connection)


async def test_the_present_week_and_the_two_after_it_get_their_partitions_at_once(database: Database) -> None:
    duty = Retention(30)
    assert await next_at(database, duty) < NOW
    assert await duty.turn(database, NOW) == 6
    assert await there(database) == [AHEAD, AHEAD]
    assert await duty.turn(database, NOW) == 0
    assert await next_at(database, duty) == beginning(THIS + WEEK)


async def test_each_week_one_is_made(database: Database) -> None:
    duty = Retention(30)
    await duty.turn(database, NOW)
    assert await duty.turn(database, beginning(THIS + WEEK)) == 2
    assert await there(database) == [[*AHEAD, THIS + 3 * WEEK]] * 2


async def test_what_is_delivered_lies_in_the_partition_of_its_week(database: Database) -> None:
    await Retention(30).turn(database, NOW)
    first, last = await deliver(database, beginning(THIS)), await deliver(database, beginning(THIS + WEEK) - MOMENT)
    following = await deliver(database, beginning(THIS + WEEK))
    assert await kept(database) == sorted([*in_week(THIS, first, last), *in_week(THIS + WEEK, following)])


async def test_a_week_is_dropped_when_its_last_day_is_old_enough(database: Database) -> None:
    duty = Retention(30)
    await duty.turn(database, NOW)
    await deliver(database, beginning(THIS + WEEK) - MOMENT)
    old_enough = beginning(THIS + WEEK) + timedelta(days=30)
    await duty.turn(database, old_enough - timedelta(seconds=1))
    assert (await there(database))[0][0] == THIS
    assert await next_at(database, duty) == old_enough
    assert await duty.turn(database, old_enough) == 2
    assert (await there(database))[0][0] == THIS + WEEK
    assert await kept(database) == []


async def test_what_waits_for_so_long_is_given_up_and_its_endpoint_says_from_where_to_replay(
    database: Database,
) -> None:
    duty = Retention(30)
    await duty.turn(database, NOW)
    async with database.writing() as connection:
        paused, missing = [await an_endpoint(connection, status="paused", missed_after=after) for after in (None, 3)]
        other = await an_endpoint(connection)
    for sequence in (7, 8):
        await waits(database, paused, NOW, sequence)
        await waits(database, missing, NOW, sequence)
    for endpoint in (paused, other):
        await waits(database, endpoint, beginning(THIS + WEEK), 9)
    await duty.turn(database, beginning(THIS + WEEK) + timedelta(days=30))
    table = webhook_endpoints.c
    async with database.reading() as connection:
        found = await connection.execute(select(table.id, table.missed_after, table.version))
    assert {row.id: (row.missed_after, row.version) for row in found} == {
        paused: (6, 2),
        missing: (3, 2),
        other: (None, 1),
    }
    assert [len(await jobs_in(database, endpoint)) for endpoint in (paused, missing, other)] == [1, 0, 1]


async def test_a_gap_is_closed(database: Database) -> None:
    duty = Retention(30)
    await duty.turn(database, NOW)
    gap = name_of(webhook_deliveries.name, THIS + WEEK)
    async with database.writing() as connection:
        await connection.execute(text(f"drop table {gap}"))
        assert await missing_partitions(connection, NOW + timedelta(hours=1)) == [gap]
    assert await next_at(database, duty) < NOW
    assert await duty.turn(database, NOW) == 1
    assert await there(database) == [AHEAD, AHEAD]


async def test_what_was_delivered_before_there_was_a_partition_is_moved_into_it(database: Database) -> None:
    before, now = await deliver(database, beginning(THIS) - MOMENT), await deliver(database, NOW)
    assert await kept(database) == in_default(before, now)
    await Retention(30).turn(database, NOW)
    assert await kept(database) == sorted([*in_default(before), *in_week(THIS, now)])


async def test_what_never_had_a_partition_goes_when_it_is_old_enough(database: Database) -> None:
    old = await deliver(database, NOW - timedelta(days=30, seconds=1))
    young = await deliver(database, NOW - timedelta(days=29))
    assert await kept(database) == in_default(old, young)
    await Retention(30).turn(database, NOW)
    assert await kept(database) == in_default(young)


async def test_many_workers_make_each_partition_once(database: Database) -> None:
    for _ in range(5):
        await drop_partitions(database)
        made = await asyncio.gather(*[Retention(30).turn(database, NOW) for _ in range(6)])
        made.append(await Retention(30).turn(database, NOW))
        assert await there(database) == [AHEAD, AHEAD]
        assert sum(made) == 6


async def test_after_a_long_pause_what_is_too_old_goes_and_the_present_week_is_there(database: Database) -> None:
    duty = Retention(7)
    await duty.turn(database, NOW)
    later = NOW + 20 * WEEK
    await duty.turn(database, later)
    assert await there(database) == [[week_of(later) + WEEK * number for number in range(3)]] * 2


async def test_traffic_is_not_held_up_for_long_by_a_partition_that_waits_for_it(database: Database) -> None:
    """What reads or writes deliveries for long keeps partitions from being made; it is tried again later."""
    duty = Retention(30)
    await deliver(database, NOW)
    async with database.writing() as busy:
        await busy.execute(text("update webhook_deliveries set tries = 1"))
        assert await duty.turn(database, NOW) == 0
        assert await next_at(database, duty) == NOW + timedelta(minutes=1)
    assert await duty.turn(database, NOW + timedelta(minutes=1)) == 6


async def test_a_partition_has_the_indexes_of_the_whole(database: Database) -> None:
    await Retention(30).turn(database, NOW)
    counts = text("select count(*) from pg_indexes where tablename = :table")
    async with database.reading() as connection:
        for table in TABLES:
            asked = [{"table": f"{table}_default"}, {"table": name_of(table, THIS)}]
            default, weeks = [(await connection.execute(counts, each)).scalar_one() for each in asked]
            assert default == weeks > 0
        detached = (
            "select count(*) from pg_index where indrelid = '{}'::regclass"
            " and not exists (select from pg_inherits where inhrelid = indexrelid)"
        )
        name = name_of(webhook_deliveries.name, THIS)
        assert (await connection.execute(text(detached.format(name)))).scalar_one() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update webhook_deliveries set tries = 1 where id = cast(:id as uuid)",
        "update webhook_deliveries set tries = 1 where id = any(array[cast(:id as uuid)])",
        "select * from webhook_deliveries where id >= cast(:lowest as uuid) and id < cast(:beyond as uuid)",
        "select * from webhook_attempts where delivery_id = cast(:id as uuid) order by number",
    ],
)
async def test_a_delivery_is_looked_for_in_its_week_alone(database: Database, statement: str) -> None:
    await Retention(30).turn(database, NOW)
    lowest, beyond = bounds(THIS)
    async with database.reading() as connection:
        asked = {"id": lowest_id(NOW), "lowest": lowest, "beyond": beyond}
        used = {name: value for name, value in asked.items() if f":{name}" in statement}
        plan = "\n".join((await connection.execute(text(f"explain {statement}"), used)).scalars())
    assert f"_{THIS:%Y%m%d}" in plan
    assert f"_{THIS + WEEK:%Y%m%d}" not in plan
    assert "_default" not in plan


async def test_it_can_be_asked_which_partitions_are_missing(database: Database) -> None:
    async with database.reading() as connection:
        assert len(await missing_partitions(connection, NOW)) == 6
        await Retention(30).turn(database, NOW)
        assert await missing_partitions(connection, NOW) == []
        assert await missing_partitions(connection, beginning(THIS + WEEK) + timedelta(minutes=59)) == []
        assert await missing_partitions(connection, NOW + WEEK) == [name_of(table, THIS + 3 * WEEK) for table in TABLES]
