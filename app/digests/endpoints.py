"""`/v1/digests`."""

from typing import Annotated, Final

from fastapi import Path, Query, Request, Response

from app.access.needs import OwnReader
from app.attention.attention import patience_of
from app.digests.digest_schemas import Digest, DigestQuery
from app.digests.digests import digest
from app.digests.plain_text import text_of
from app.directory.examples import DEPARTMENTS, MEMBERS
from app.kernel.answers import answer
from app.kernel.problems import NotFound, documented
from app.kernel.reports import prefers
from app.kernel.routes import router
from app.kernel.schemas import Id
from app.kernel.work import Reports, Work
from app.scorecards.scorecard_schemas import Scored
from app.scorecards.scorecards import department_scored, member_scored

routes = router("/v1/digests", "Scorecards")

_TEXT: Final = "text/plain"
_EXAMPLE: Final = """Finance: 23 November 2026
=========================

12 tickets came, 10 were resolved, 7 are open. Of 20 targets 18 were met.
"""
_TOLD: Final = {200: {"content": {_TEXT: {"schema": {"type": "string"}, "example": _EXAMPLE}}}, **documented(NotFound)}


@routes.get(
    "/departments/{department_id}",
    response_model=Digest,
    operation_id="get_department_digest",
    summary="What a department should know of a day or week",
    responses=_TOLD,
)
async def get_department_digest(
    department_id: Annotated[Id, Path(description="The department's id.", openapi_examples=DEPARTMENTS)],
    request: Request,
    work: Reports,
    actor: OwnReader,
    asked: Annotated[DigestQuery, Query()],
) -> Response:
    """What needs the department now, what went well, what was late because of it and which customer felt that, which
    promises that wait for it are likely late, and which suggestions on it await an answer; of each the ten that matter
    most. `Accept: text/plain` has the same as text, to be mailed or posted.

    A key that is tied to departments sees theirs, one that stands for a member that member's.
    """
    return await _told(request, work, await department_scored(work, actor, department_id), asked)


@routes.get(
    "/members/{member_id}",
    response_model=Digest,
    operation_id="get_member_digest",
    summary="What a member should know of a day or week",
    responses=_TOLD,
)
async def get_member_digest(
    member_id: Annotated[Id, Path(description="The member's id.", openapi_examples=MEMBERS)],
    request: Request,
    work: Reports,
    actor: OwnReader,
    asked: Annotated[DigestQuery, Query()],
) -> Response:
    """The same of one member: of what is, or was last, assigned to them, and of their own suggestions. A key that is
    tied to departments sees the members of these, and a lead's those of their own; a member's key sees that member."""
    return await _told(request, work, await member_scored(work, actor, member_id), asked)


async def _told(request: Request, work: Work, of: Scored, asked: DigestQuery) -> Response:
    told = await digest(work, of, asked, patience_of(request.app.state.settings))
    headers = {"Vary": "Accept"}
    if prefers(request, _TEXT):
        return Response(text_of(told), headers=headers, media_type=f"{_TEXT}; charset=utf-8")
    return answer(told.document(), headers=headers)
