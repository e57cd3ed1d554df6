"""`/v1/slas/{id}/…`: what an SLA's versions do to tickets."""

from typing import Annotated

from fastapi import Path, Request, Response

from app.access.needs import Reader, Writer
from app.kernel.answers import answer, etag
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, documented
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reports, Writes
from app.service_levels.examples import SLAS
from app.service_levels.simulation_schemas import Simulate, Simulation
from app.tickets.terms import reapplying, simulating
from app.tickets.terms.reapply_schemas import Reapplied, Reapply

routes = router("/v1/slas/{sla_id}", "SLAs")

SlaId = Annotated[Id, Path(description="The SLA's id.", openapi_examples=SLAS)]
FOR_GOOD = Reapply()


@routes.post(
    "/reapply",
    response_model=Reapplied,
    operation_id="reapply_sla",
    summary="Move tickets to an SLA's current version",
    responses=documented(Conflict),
)
async def reapply_sla(
    sla_id: SlaId, request: Request, work: Writes, actor: Writer, if_match: IfMatch, body: Reapply = FOR_GOOD
) -> Response:
    """Moves the current legs of unresolved tickets, and their clocks of scope ticket, from older versions of this SLA
    to the current one; nothing is matched anew. With `dry_run` it says what that would change, and changes nothing.

    Start and elapsed time stand, the target is exchanged from now on. A clock whose elapsed time had reached the new
    target is breached by the change; a breach is never withdrawn. Up to 1,000 tickets are moved by one call, in the
    order of their opening; `remaining` are those left for the next. Each gets a `reapply` in its history and tells
    `ticket.updated`.
    """
    moved = await reapplying.reapply(work, sla_id, if_match, dry_run=body.dry_run)
    return answer(moved, headers={"ETag": etag(moved.version)})


@routes.post(
    "/simulate",
    response_model=Simulation,
    operation_id="simulate_sla",
    summary="Try another version of an SLA on past tickets",
    responses=documented(Conflict),
)
async def simulate_sla(sla_id: SlaId, body: Simulate, work: Reports, actor: Reader) -> Response:
    """Goes through the lives of tickets again with a proposed version in place of this SLA, and compares the decisions
    of the last days: as they went, and as they would have gone. Nothing is stored.

    Matching is done anew, among what the providers undertook at each instant: what the SLA was chosen for and would be
    no longer goes by another one, or by none, and counts no more; what neither had it nor would get it stays as it was.
    People are taken to have done what they did. Up to 20,000 tickets are gone through, the latest first; `cut` says
    whether there were more.
    """
    return answer(await simulating.simulate(work, sla_id, body))
