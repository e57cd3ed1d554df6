"""The demo company's SLAs, tried as they are on its own tickets: nobody changed any, so nothing goes otherwise."""

from datetime import datetime

from sqlalchemy import select

from app.kernel.database import Database
from app.kernel.work import Work
from app.service_levels.simulation_schemas import Simulate
from app.service_levels.tables import slas
from app.tickets.terms.simulating import simulate


async def test_the_versions_in_force_give_what_they_gave(database: Database, loaded_at: datetime) -> None:
    work = Work(database, loaded_at)
    await work.read()
    ids = (await work.connection.execute(select(slas.c.id))).scalars().all()
    asked = Simulate.model_validate({"proposed": {}, "days": 60})
    told = [await simulate(work, id_, asked) for id_ in ids]
    await work.close()
    assert [each.changes for each in told] == [[]] * len(ids)
    assert [each.totals.proposed for each in told] == [each.totals.then for each in told]
    assert sum(each.totals.then.decided for each in told) > 1000
