"""Fan-out: each event to each endpoint that wants it, once, whatever happens meanwhile."""

from app.kernel.database import Database
from app.webhooks.fanning_out import FanOut
from tests.webhooks.worlds import NOW, an_endpoint, deliveries_to, happened, jobs_in


async def test_an_event_goes_to_each_endpoint_that_wants_it(database: Database) -> None:
    async with database.writing() as connection:
        all_of_it = await an_endpoint(connection)
        breaches = await an_endpoint(connection, event_types=["sla.breached"])
    opened, breached = await happened(database, "ticket.opened", "sla.breached")
    assert await FanOut().turn(database, NOW) > 0
    assert [each["sequence"] for each in await deliveries_to(database, all_of_it)] == [opened, breached]
    (delivery,) = await deliveries_to(database, breaches)
    (job,) = await jobs_in(database, breaches)
    assert (job["id"], job["position"], job["run_at"]) == (delivery["id"], breached, NOW)
