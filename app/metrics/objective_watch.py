"""The watch over objectives: it is told once when an error budget begins to burn."""

from datetime import timedelta
from uuid import UUID

from app.directory import departments
from app.kernel.jobs import Job
from app.kernel.outbox import previous
from app.kernel.work import Work
from app.metrics.error_budget import standings
from app.service_levels import objectives, slas
from app.service_levels.objective_schemas import Objective

AGAIN_SECONDS = {"ok": 3600, "burning": 300, "exhausted": 300}
"""After how long an objective is looked at again though no further clock of it was breached: what was met long ago
leaves its window, and what was breached does."""


async def look_at_objective(work: Work, asked: Job) -> None:
    """Does a job of the kind `objectives.LOOK`, and asks for the next one of an objective that is active."""
    objective = await objective_checked(work, UUID(asked.payload["objective_id"]))
    if objective is not None:
        at = work.now + timedelta(seconds=AGAIN_SECONDS[objective.state])
        await objectives.look(work.connection, [objective.id], at)


async def objective_checked(work: Work, objective_id: UUID) -> Objective | None:
    """Looks at how an objective stands now, keeps that with it, and tells when it is no longer well: the event
    `error_budget.burning`, once however many look at the same time. None when there is no such active objective.
    """
    present = await objectives.collection.find_or_none(
        work.connection, objectives.collection.table.c.id, objective_id, lock=True
    )
    if present is None or not present.active:
        return None
    (stands,) = await standings(work.connection, work.now, filters={"objective_id": objective_id})
    state = stands.figures.state
    if state == present.state:
        return present
    changed = await objectives.collection.update(work.connection, present, {"state": state, "state_since": work.now})
    if present.state == "ok":
        sla = await slas.collection.get(work.connection, changed.sla_id)
        work.happened(
            "error_budget.burning",
            work.now,
            objective=changed,
            error_budget=stands.figures,
            sla=sla,
            provider_department=await departments.collection.get(work.connection, sla.provider_department_id),
            previous=previous(present, changed),
        )
    return changed
