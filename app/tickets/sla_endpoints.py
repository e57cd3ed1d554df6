"""`/v1/slas/{id}/…`: what an SLA's versions do to tickets."""

from typing import Annotated

from fastapi import Path, Request, Response

from app.access.needs import Writer
from app.kernel.answers import answer, etag
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, documented
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Writes
from app.service_levels.examples import SLAS
from app.tickets import reapplying
from app.tickets.reapply_schemas import Reapplied, Reapply

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
