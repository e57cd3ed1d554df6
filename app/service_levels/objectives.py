"""Use cases of objectives. How an error budget stands is told by `app.metrics.error_budget`."""

from collections.abc import Collection as Several
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.collections import Collection
from app.kernel.ids import new_id
from app.kernel.jobs import enqueue, job
from app.kernel.problems import NOT_THERE, Invalid
from app.kernel.work import Work
from app.service_levels.objective_queries import ACTIVE, OF_CLOCKS, TARGETS
from app.service_levels.objective_schemas import Objective, ObjectiveChange, ObjectiveDraft
from app.service_levels.tables import objectives

LOOK = "objective"
"""The kind of the jobs that look at how an objective stands: one for each objective, under its id, that comes again and
again, and one after each second in which clocks of it were breached."""

LOOK_AFTER_SECONDS = 2
"""How long after a breach. Where many come at once there is one look for all of them. None waits for it: whoever asks
under the key of a job that is being done would, so each second has a key of its own."""

collection = Collection(objectives, Objective, "objective")


async def create_objective(work: Work, draft: ObjectiveDraft, id_: UUID | None = None) -> Objective:
    """Sets an objective; its id is new, unless given.

    Raises:
        Invalid: there is no such SLA, or it has no target of the metric.
    """
    targets = (await work.connection.execute(TARGETS, {"sla_id": draft.sla_id})).scalar()
    if targets is None:
        raise Invalid.field("/sla_id", NOT_THERE)
    if draft.metric not in {target["metric"] for target in targets}:
        raise Invalid.field("/metric", "is none that the SLA has a target of.")
    made = await collection.insert(work.connection, {"id": id_ or new_id(), **draft.model_dump()})
    await look(work.connection, [made.id], work.now)
    return made


async def change_objective(
    work: Work, id_: UUID, change: ObjectiveChange, expected: frozenset[int] | None
) -> Objective:
    """Changes what the request states; how it stands then is soon looked at."""
    present = await collection.get(work.connection, id_, lock=True)
    changed = await collection.update(work.connection, present, change.stated(), expected)
    if changed is not present:
        await look(work.connection, [changed.id], work.now)
    return changed


async def look(connection: AsyncConnection, objective_ids: Iterable[UUID], at: datetime) -> None:
    """Asks for a look at how these objectives stand: one each, however many ask before it is done."""
    await enqueue(connection, [job(LOOK, at, str(id_), objective_id=str(id_)) for id_ in objective_ids])


async def look_at_all(connection: AsyncConnection, at: datetime) -> None:
    """Asks for a look at every active objective: other decisions count."""
    await look(connection, (await connection.execute(ACTIVE)).scalars(), at)


async def clocks_breached(connection: AsyncConnection, breached: Several[tuple[UUID, str]], at: datetime) -> None:
    """Asks for a look, soon, at the active objectives of clocks that were breached: of each its SLA and its metric."""
    if breached:
        sla_ids, metrics = zip(*sorted(set(breached)), strict=True)
        found = await connection.execute(OF_CLOCKS, {"sla_ids": list(sla_ids), "metrics": list(metrics)})
        soon = at + timedelta(seconds=LOOK_AFTER_SECONDS)
        asked = [job(LOOK, soon, f"{id_} {soon.isoformat()}", objective_id=str(id_)) for id_ in found.scalars()]
        await enqueue(connection, asked)
