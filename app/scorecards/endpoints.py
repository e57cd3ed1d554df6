"""`/v1/scorecards`, and the page on which people read one."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response

from app.access.needs import OwnReader
from app.access.roles import Actor
from app.directory.examples import DEPARTMENTS, MEMBERS
from app.kernel.answers import answer
from app.kernel.problems import NotFound, documented
from app.kernel.reports import Period, prefers, prefers_csv
from app.kernel.routes import SecretRoute, router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Reports, Work
from app.scorecards.lines import csv_of
from app.scorecards.links import LASTS, DeadLink, Shown, link_to, shown_by
from app.scorecards.page import HEADERS, dead_page, page_of
from app.scorecards.scorecard_schemas import PageDraft, PageLink, Scorecard, ScorecardQuery, Scored
from app.scorecards.scorecards import department_scored, member_scored, scorecard, seen_by

routes = router("/v1/scorecards", "Scorecards")
link_routes = router("/v1/scorecards", "Scorecards", SecretRoute)
pages = APIRouter(include_in_schema=False)

DepartmentId = Annotated[Id, Path(description="The department's id.", openapi_examples=DEPARTMENTS)]
MemberId = Annotated[Id, Path(description="The member's id.", openapi_examples=MEMBERS)]

_HTML: Final = "text/html"
_LINES: Final = "measure,unit,better,value,low,high,count,of,previous,change,median,over\r\n"
_TOLD: Final = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": _LINES},
            _HTML: {"schema": {"type": "string"}, "example": "<!doctype html>…"},
        }
    },
    **documented(NotFound),
}


@routes.get(
    "/departments/{department_id}",
    response_model=Scorecard,
    operation_id="get_department_scorecard",
    summary="How a department serves others",
    responses=_TOLD,
)
async def get_department_scorecard(
    department_id: DepartmentId,
    request: Request,
    work: Reports,
    actor: OwnReader,
    asked: Annotated[ScorecardQuery, Query()],
) -> Response:
    """What a department did for others in a period, and what customers felt of it: as the reports on service levels,
    ripple, feedback and hand-offs have it, each figure beside the one of the period before and the median over all
    departments that have one; and what its work is worth to customers, as `/v1/metrics/worth` has it.

    A key that is tied to departments sees theirs, one that stands for a member that member's. `Accept: text/csv` has a
    line for each figure, `Accept: text/html` a page to be printed; `POST …/page` gives a link to that for a browser.
    """
    return await _told(request, work, await department_scored(work, actor, department_id), asked.period(work.now))


@routes.get(
    "/members/{member_id}",
    response_model=Scorecard,
    operation_id="get_member_scorecard",
    summary="How a member serves others",
    responses=_TOLD,
)
async def get_member_scorecard(
    member_id: MemberId,
    request: Request,
    work: Reports,
    actor: OwnReader,
    asked: Annotated[ScorecardQuery, Query()],
) -> Response:
    """The same of one member: of what was assigned to them last. A leg, with its clocks and what happened in it, is of
    whoever had it last; a ticket's own clock is nobody's once the ticket was passed on. Delay is what the tickets that
    they have, or had when these were resolved, overran by themselves; no waiting that others caused.

    Nobody is ranked. A median tells of members with at least 20 tickets each in the period, and of three or more; with
    fewer tickets a member is compared with nobody, and `comparison` says so. What a member delayed is compared with
    nobody's. A key that is tied to departments sees the members of these, and a lead's those of their own; a member's
    key sees that member.
    """
    return await _told(request, work, await member_scored(work, actor, member_id), asked.period(work.now))


@link_routes.post(
    "/departments/{department_id}/page",
    response_model=PageLink,
    operation_id="link_department_scorecard",
    summary="Get a link to a department's printable scorecard",
    responses=documented(NotFound),
)
async def link_department_scorecard(
    department_id: DepartmentId, body: PageDraft, request: Request, work: Reads, actor: OwnReader
) -> Response:
    """A link that a browser opens without a key, for 15 minutes and as long as the key that asked for it is valid. The
    page loads nothing from elsewhere and prints on A4."""
    return _link(request, work, actor, await department_scored(work, actor, department_id), body)


@link_routes.post(
    "/members/{member_id}/page",
    response_model=PageLink,
    operation_id="link_member_scorecard",
    summary="Get a link to a member's printable scorecard",
    responses=documented(NotFound),
)
async def link_member_scorecard(
    member_id: MemberId, body: PageDraft, request: Request, work: Reads, actor: OwnReader
) -> Response:
    """A link to the page of a member's scorecard, as that of a department's."""
    return _link(request, work, actor, await member_scored(work, actor, member_id), body)


@pages.get("/scorecards/page")
async def scorecard_page(request: Request, link: str = "") -> Response:
    """The page that a link shows."""
    state = request.app.state
    work = Work(state.database, state.now(), replica=state.replica)
    try:
        shown = shown_by(link, state.seal, work.now)
        await work.read()
        actor = await state.authenticator.actor_of(work.connection, shown.key_id)
        if actor is None:
            raise DeadLink("The key that this link was made with was revoked, or is that of a member who has left.")
        of = await seen_by(work, actor, shown.type, shown.id)
        told = await scorecard(work, of, Period(shown.start, shown.end, work.now))
    except (DeadLink, NotFound) as dead:
        return Response(dead_page(str(dead)), 404, HEADERS, _HTML)
    finally:
        await work.close()
    return Response(page_of(told), headers=HEADERS, media_type=_HTML)


async def _told(request: Request, work: Work, of: Scored, period: Period) -> Response:
    told = await scorecard(work, of, period)
    headers = {"Vary": "Accept"}
    if prefers(request, _HTML):
        return Response(page_of(told), headers=headers | HEADERS, media_type=_HTML)
    if prefers_csv(request):
        return Response(csv_of(told), headers=headers, media_type="text/csv")
    return answer(told.document(), headers=headers)


def _link(request: Request, work: Work, actor: Actor, of: Scored, body: PageDraft) -> Response:
    period = ScorecardQuery.model_validate({"from": body.from_, "to": body.to}).period(work.now)
    expires_at = work.now + LASTS
    shown = Shown(of.type, of.id, period.start, period.end, actor.key_id, expires_at)
    link = link_to(shown, request.app.state.seal)
    return answer(PageLink(f"/scorecards/page?link={link}", expires_at), headers={"Cache-Control": "no-store"})
