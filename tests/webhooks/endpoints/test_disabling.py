"""What disabling an endpoint does."""

from uuid import UUID

from sqlalchemy import insert, select

from app.kernel.background import SYSTEM
from app.kernel.database import Database
from app.kernel.following import feed_progress
from app.kernel.ids import new_id
from app.kernel.lanes import job_lanes
from app.kernel.work import Work
from app.webhooks.deliveries import FOLLOWER
from app.webhooks.endpoints.disabling import disable
from app.webhooks.endpoints.schemas import Reason
from tests.webhooks.senders import stored, told
from tests.webhooks.worlds import NOW, an_endpoint


async def an_endpoint_there(database: Database, made_up_to: int | None = None) -> UUID:
    async with database.writing() as connection:
        if made_up_to is not None:
            await connection.execute(insert(feed_progress).values(name=FOLLOWER, sequence=made_up_to))
        return await an_endpoint(connection, "https://hooks.example.com/t0ken")


async def disabled(database: Database, endpoint: UUID, because: Reason) -> bool:
    work = Work(database, NOW, SYSTEM)
    await work.write()
    did = await disable(work, endpoint, because)
    await work.commit()
    await work.close()
    return did


async def test_it_is_a_new_version_that_tells_why_since_when_and_what_was_delivered(database: Database) -> None:
    endpoint = await an_endpoint_there(database, made_up_to=17)
    assert await disabled(database, endpoint, "failing")
    row = await stored(database, endpoint)
    assert (row["status"], row["disabled_because"], row["disabled_at"]) == ("disabled", "failing", NOW)
    assert (row["missed_after"], row["version"]) == (17, 2)


async def test_what_was_never_delivered_is_missed_from_the_beginning(database: Database) -> None:
    endpoint = await an_endpoint_there(database)
    assert await disabled(database, endpoint, "by_hand")
    assert (await stored(database, endpoint))["missed_after"] == 0


async def test_its_lane_stops(database: Database) -> None:
    endpoint = await an_endpoint_there(database)
    await disabled(database, endpoint, "gone")
    async with database.reading() as connection:
        stopped = (await connection.execute(select(job_lanes.c.stopped).where(job_lanes.c.id == endpoint))).scalar_one()
    assert stopped is True


async def test_it_is_told_once_with_the_endpoint_as_it_is_then_and_no_secret(database: Database) -> None:
    endpoint = await an_endpoint_there(database)
    assert await disabled(database, endpoint, "gone")
    assert not await disabled(database, endpoint, "failing")
    [event] = await told(database, "webhook.endpoint_disabled")
    shown = event["webhook_endpoint"]
    assert event["because"] == shown["disabled_because"] == "gone"
    assert (shown["id"], shown["status"], shown["version"]) == (str(endpoint), "disabled", 2)
    assert "t0ken" not in str(event)
    assert not {"secret", "previous_secret", "signing_key"} & shown.keys()
    assert (await stored(database, endpoint))["disabled_because"] == "gone"


async def test_an_endpoint_that_is_there_no_more_is_not_disabled(database: Database) -> None:
    assert not await disabled(database, new_id(), "gone")
    assert await told(database, "webhook.endpoint_disabled") == []
