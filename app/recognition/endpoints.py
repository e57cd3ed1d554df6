"""`/v1/recognitions`."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import OwnReader, OwnWriter
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.routes import router
from app.kernel.work import Reads, Writes
from app.recognition import recognitions
from app.recognition.needs import RecognitionId, RecognitionReader, seen_by
from app.recognition.schemas import Recognition, RecognitionDraft, RecognitionListing

routes = router("/v1/recognitions", "Feedback")


@routes.post(
    "",
    status_code=201,
    response_model=Recognition,
    operation_id="give_recognition",
    summary="Thank a member or a department",
)
async def give_recognition(body: RecognitionDraft, request: Request, work: Writes, actor: OwnWriter) -> Response:
    """Thanks a member, or a department as a whole, for what they did: on a ticket, for a customer, or in general.

    Nobody recognises themselves: neither a member, nor a department one of its own members or keys that are tied to
    it. What is given stands; where it is about a customer, that customer's timeline has it. With a key that stands for
    a member it is from that member, about tickets that they see.
    """
    made = await recognitions.recognise(work, actor, body)
    return resource(made, request, created_at=f"/v1/recognitions/{made.id}")


@routes.get(
    "", response_model=Page[Recognition], operation_id="list_recognitions", summary="List who was thanked for what"
)
async def list_recognitions(work: Reads, actor: OwnReader, asked: Annotated[RecognitionListing, Query()]) -> Response:
    """Who was thanked, by whom, and for what, the latest first. Sort by `given_at`, `created_at` or `id`.

    A key that stands for a member lists what they, or a department of theirs, was thanked for, what they thanked for,
    and of all other thanks those that are about no customer, or about one whom they, or a department of theirs, serve.
    """
    return answer(await recognitions.page(work.connection, asked, seen_by(actor.own, work.now)))


@routes.get(
    "/{recognition_id}", response_model=Recognition, operation_id="get_recognition", summary="Read a recognition"
)
async def get_recognition(
    recognition_id: RecognitionId, request: Request, work: Reads, actor: RecognitionReader
) -> Response:
    """One recognition."""
    return resource(await recognitions.collection.get(work.connection, recognition_id), request)
