"""`/v1/commitments`."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import OwnReader, Writer
from app.commitments import commitments
from app.commitments.needs import CommitmentId, CommitmentReader, OpenCommitmentId, seen_by
from app.commitments.schemas import (
    Cancellation,
    Commitment,
    CommitmentChange,
    CommitmentDraft,
    CommitmentListing,
    Delivery,
    Rescheduling,
)
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, NotPossibleNow, documented
from app.kernel.routes import router
from app.kernel.work import Reads, Writes

routes = router("/v1/commitments", "Commitments")

NOW = Delivery()


@routes.post(
    "",
    status_code=201,
    response_model=Commitment,
    operation_id="create_commitment",
    summary="Record a commitment",
    responses=documented(Conflict),
)
async def create_commitment(body: CommitmentDraft, request: Request, work: Writes, actor: Writer) -> Response:
    """Records a promise to a customer. It may have been made long ago; `source` and `external_ref` together are
    unique."""
    made = await commitments.create_commitment(work, body)
    return resource(made, request, created_at=f"/v1/commitments/{made.id}")


@routes.get("", response_model=Page[Commitment], operation_id="list_commitments", summary="List commitments")
async def list_commitments(work: Reads, actor: OwnReader, asked: Annotated[CommitmentListing, Query()]) -> Response:
    """The commitments. Sort by `due_at`, `promised_at`, `title`, `created_at` or `id`.

    A key that stands for a member lists those that a department of theirs answers for, and those to customers whom
    they, or a department of theirs, serve now; of any other it is not told that there is one (404).
    """
    return answer(await commitments.page(work.connection, asked, work.now, seen_by(actor.own, work.now)))


@routes.get("/{commitment_id}", response_model=Commitment, operation_id="get_commitment", summary="Read a commitment")
async def get_commitment(
    commitment_id: CommitmentId, request: Request, work: Reads, actor: CommitmentReader
) -> Response:
    """One commitment, with how late it is and how it moved."""
    found = await commitments.commitment(work.connection, commitment_id, work.now)
    return resource(found, request, settled=found.status != "open")


@routes.patch(
    "/{commitment_id}", response_model=Commitment, operation_id="update_commitment", summary="Change a commitment"
)
async def update_commitment(
    commitment_id: CommitmentId,
    body: CommitmentChange,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Changes what the body states."""
    return resource(await commitments.change_commitment(work, commitment_id, body, if_match), request)


@routes.post(
    "/{commitment_id}/deliver",
    response_model=Commitment,
    operation_id="deliver_commitment",
    summary="Deliver a commitment",
    responses=documented(NotPossibleNow),
)
async def deliver_commitment(
    commitment_id: OpenCommitmentId,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
    body: Delivery = NOW,
) -> Response:
    """The promise is kept, in time or late."""
    return resource(await commitments.deliver(work, actor, commitment_id, body, if_match), request)


@routes.post(
    "/{commitment_id}/cancel",
    response_model=Commitment,
    operation_id="cancel_commitment",
    summary="Give up a commitment",
    responses=documented(NotPossibleNow),
)
async def cancel_commitment(
    commitment_id: OpenCommitmentId,
    body: Cancellation,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """The promise is given up; it has no lateness any more."""
    return resource(await commitments.cancel(work, actor, commitment_id, body, if_match), request)


@routes.post(
    "/{commitment_id}/reschedule",
    response_model=Commitment,
    operation_id="reschedule_commitment",
    summary="Reschedule a commitment",
    responses=documented(NotPossibleNow),
)
async def reschedule_commitment(
    commitment_id: OpenCommitmentId,
    body: Rescheduling,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """The promise is due at another time. Lateness is still measured against the first due time, unless the customer
    agreed to the new one."""
    return resource(await commitments.reschedule(work, commitment_id, body, if_match), request)
