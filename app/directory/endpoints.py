"""`/v1/departments`, `/v1/members` and `/v1/calendars`."""

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from app.access.needs import OwnReader, Writer
from app.directory import calendars, departments, leaving, members
from app.directory.examples import (
    CALENDARS,
    DEPARTMENTS,
    HOLIDAY_FILE,
    MEMBERS,
    NEW_ADDRESSES,
    NEW_KEYS,
    WHO_LEAVES,
)
from app.directory.schemas import (
    BusinessTime,
    Calendar,
    CalendarChange,
    CalendarDraft,
    CalendarListing,
    CalendarVersion,
    CalendarVersionListing,
    Department,
    DepartmentByKey,
    DepartmentChange,
    DepartmentDraft,
    DepartmentKey,
    DepartmentListing,
    Due,
    Elapsed,
    HolidayImport,
    HolidayQuery,
    HolidayYear,
    Leave,
    LeftMember,
    Member,
    MemberByEmail,
    MemberChange,
    MemberDraft,
    MemberListing,
    Span,
)
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, UnsupportedMediaType, documented
from app.kernel.routes import router
from app.kernel.schemas import Email, Id
from app.kernel.work import Reads, Work, Writes

routes = router("/v1", "Directory")

DepartmentId = Annotated[Id, Path(description="The department's id.", openapi_examples=DEPARTMENTS)]
MemberId = Annotated[Id, Path(description="The member's id.", openapi_examples=MEMBERS)]
_ICALENDAR: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/calendar": {
                "schema": {"type": "string", "description": "An iCalendar file (RFC 5545) in UTF-8."},
                "examples": {"company": {"summary": "The days between the years", "value": HOLIDAY_FILE}},
            }
        },
    }
}

TO_NOBODY = Leave()
CalendarId = Annotated[Id, Path(description="The calendar's id.", openapi_examples=CALENDARS)]


@routes.post(
    "/departments",
    status_code=201,
    response_model=Department,
    operation_id="create_department",
    summary="Make a department",
    responses=documented(Conflict),
)
async def create_department(body: DepartmentDraft, request: Request, work: Writes, actor: Writer) -> Response:
    """Makes a department; its key is unique."""
    made = await departments.create_department(work, body)
    return resource(made, request, created_at=f"/v1/departments/{made.id}")


@routes.get(
    "/departments", response_model=Page[Department], operation_id="list_departments", summary="List departments"
)
async def list_departments(work: Reads, actor: OwnReader, asked: Annotated[DepartmentListing, Query()]) -> Response:
    """The departments. Sort by `key`, `name`, `created_at` or `id`."""
    return answer(await departments.collection.page(work.connection, asked, sorts=("key", "name")))


@routes.get(
    "/departments/{department_id}",
    response_model=Department,
    operation_id="get_department",
    summary="Read a department",
)
async def get_department(department_id: DepartmentId, request: Request, work: Reads, actor: OwnReader) -> Response:
    """One department."""
    return resource(await departments.collection.get(work.connection, department_id), request)


@routes.patch(
    "/departments/{department_id}",
    response_model=Department,
    operation_id="update_department",
    summary="Change a department",
    responses=documented(Conflict),
)
async def update_department(
    department_id: DepartmentId,
    body: DepartmentChange,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Changes what the body states."""
    return resource(await departments.change_department(work, department_id, body, if_match), request)


@routes.put(
    "/departments/by-key/{key}",
    response_model=Department,
    operation_id="put_department_by_key",
    summary="Make or change a department by its key",
    responses=documented(Conflict) | {201: {"model": Department, "description": "It was made."}},
)
async def put_department_by_key(
    key: Annotated[DepartmentKey, Path(description="The department's key.", openapi_examples=NEW_KEYS)],
    body: DepartmentByKey,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Makes the department with this key (201) or changes it (200): for tools that synchronise."""
    department, made = await departments.put_department(work, key, body, if_match)
    return resource(department, request, created_at=f"/v1/departments/{department.id}" if made else None)


@routes.post(
    "/members",
    status_code=201,
    response_model=Member,
    operation_id="create_member",
    summary="Make a member",
    responses=documented(Conflict),
)
async def create_member(body: MemberDraft, request: Request, work: Writes, actor: Writer) -> Response:
    """Makes a member; the address is unique, in upper or lower case."""
    made = await members.create_member(work, body)
    return resource(made, request, created_at=f"/v1/members/{made.id}")


@routes.get("/members", response_model=Page[Member], operation_id="list_members", summary="List members")
async def list_members(work: Reads, actor: OwnReader, asked: Annotated[MemberListing, Query()]) -> Response:
    """The members. Sort by `name`, `email`, `created_at` or `id`."""
    return answer(await members.page(work.connection, asked))


@routes.get("/members/{member_id}", response_model=Member, operation_id="get_member", summary="Read a member")
async def get_member(member_id: MemberId, request: Request, work: Reads, actor: OwnReader) -> Response:
    """One member."""
    return resource(await members.member(work.connection, member_id), request)


@routes.patch(
    "/members/{member_id}",
    response_model=Member,
    operation_id="update_member",
    summary="Change a member",
    responses=documented(Conflict),
)
async def update_member(
    member_id: MemberId, body: MemberChange, request: Request, work: Writes, actor: Writer, if_match: IfMatch
) -> Response:
    """Changes what the body states."""
    changed = await members.change_member(work, member_id, body, if_match)
    request.app.state.authenticator.forget_member(member_id)
    return resource(changed, request)


@routes.post(
    "/members/{member_id}/leave",
    response_model=LeftMember,
    operation_id="member_leaves",
    summary="A member leaves",
    responses=documented(Conflict),
)
async def member_leaves(
    member_id: Annotated[Id, Path(description="The member's id.", openapi_examples=WHO_LEAVES)],
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
    body: Leave = TO_NOBODY,
) -> Response:
    """A member leaves, and nothing is left without an owner: what they hold passes to `to_member_id`, in one
    transaction. Without one, unresolved tickets go back to the queue of the department that has them, customers whom
    they served to their main department, and departments that they led to whoever leads the nearest one above.

    From then on they are given nothing to hold: not a ticket, nor a request, a customer or a department. A ticket of
    theirs that is reopened goes to the queue. What they did stays theirs. API keys that stand for them are refused.
    """
    left = await leaving.leave(work, member_id, body, request.app.state.member_left, if_match)
    request.app.state.authenticator.forget_member(member_id)
    return resource(left, request)


@routes.post(
    "/members/{member_id}/rejoin",
    response_model=Member,
    operation_id="member_rejoins",
    summary="A member comes back",
    responses=documented(Conflict),
)
async def member_rejoins(
    member_id: Annotated[Id, Path(description="The member's id.", openapi_examples=WHO_LEAVES)],
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Somebody who left is back, in the departments that they belonged to: from now on they can be given something to
    hold again. What passed on when they left stays with whoever has it now. API keys that stand for them and were not
    revoked meanwhile are in force again."""
    back = await leaving.rejoin(work, member_id, if_match)
    request.app.state.authenticator.forget_member(member_id)
    return resource(back, request)


@routes.put(
    "/members/by-email/{email:path}",
    response_model=Member,
    operation_id="put_member_by_email",
    summary="Make or change a member by their address",
    responses={201: {"model": Member, "description": "It was made."}},
)
async def put_member_by_email(
    email: Annotated[
        Email, Path(description="The member's address, in upper or lower case.", openapi_examples=NEW_ADDRESSES)
    ],
    body: MemberByEmail,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
) -> Response:
    """Makes the member with this address (201) or changes them (200): for tools that synchronise."""
    member, made = await members.put_member(work, email, body, if_match)
    request.app.state.authenticator.forget_member(member.id)
    return resource(member, request, created_at=f"/v1/members/{member.id}" if made else None)


@routes.post(
    "/calendars", status_code=201, response_model=Calendar, operation_id="create_calendar", summary="Make a calendar"
)
async def create_calendar(body: CalendarDraft, request: Request, work: Writes, actor: Writer) -> Response:
    """Makes a calendar. One that is never open is refused."""
    made = await calendars.create_calendar(work, body)
    return resource(made, request, created_at=f"/v1/calendars/{made.id}")


@routes.get("/calendars", response_model=Page[Calendar], operation_id="list_calendars", summary="List calendars")
async def list_calendars(work: Reads, actor: OwnReader, asked: Annotated[CalendarListing, Query()]) -> Response:
    """The calendars. Sort by `name`, `created_at` or `id`."""
    return answer(await calendars.collection.page(work.connection, asked, sorts=("name",)))


@routes.get("/calendars/{calendar_id}", response_model=Calendar, operation_id="get_calendar", summary="Read a calendar")
async def get_calendar(calendar_id: CalendarId, request: Request, work: Reads, actor: OwnReader) -> Response:
    """One calendar, as it is now."""
    return resource(await calendars.collection.get(work.connection, calendar_id), request)


@routes.patch(
    "/calendars/{calendar_id}",
    response_model=Calendar,
    operation_id="update_calendar",
    summary="Change a calendar",
    responses=documented(Conflict),
)
async def update_calendar(
    calendar_id: CalendarId, body: CalendarChange, request: Request, work: Writes, actor: Writer, if_match: IfMatch
) -> Response:
    """Changes what the body states. Other business hours hold from now on: what running clocks have counted stands,
    their due times move."""
    calendar, other_hours = await calendars.change_calendar(work, calendar_id, body, if_match)
    return await _followed(request, work, calendar, other_hours)


async def _followed(request: Request, work: Work, calendar: Calendar, other_hours: bool) -> Response:
    """The answer that is a calendar, once whoever counts by it has followed."""
    if other_hours:
        for follow in request.app.state.calendar_changed:
            await follow(work, calendar.id)
    return resource(calendar, request)


@routes.post(
    "/calendars/{calendar_id}/import-holidays",
    response_model=Calendar,
    operation_id="import_calendar_holidays",
    summary="Take holidays from an iCalendar file",
    responses=documented(Conflict),
    openapi_extra=_ICALENDAR,
)
async def import_calendar_holidays(
    calendar_id: CalendarId,
    request: Request,
    work: Writes,
    actor: Writer,
    if_match: IfMatch,
    asked: Annotated[HolidayImport, Query()],
) -> Response:
    """Makes a new version that is closed on the days of the file's events, too; taken again, they change nothing.

    An all-day event closes each of its days; a timed one the local dates, in the calendar's zone, that it covers
    wholly, so that most close none. Recurring events (RRULE, RDATE, EXDATE, single changed or cancelled occurrences)
    are followed from 1990 to the end of the twentieth year after this one. At most 1 MiB, 5,000 events and 2,000 days.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "text/calendar" or request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send an iCalendar file as it is, with Content-Type: text/calendar.")
    file = await request.body()
    calendar, other_hours = await calendars.import_holidays(work, calendar_id, file, if_match, replace=asked.replace)
    return await _followed(request, work, calendar, other_hours)


@routes.get(
    "/calendars/{calendar_id}/versions",
    response_model=Page[CalendarVersion],
    operation_id="list_calendar_versions",
    summary="List a calendar's versions",
)
async def list_calendar_versions(
    calendar_id: CalendarId, work: Reads, actor: OwnReader, asked: Annotated[CalendarVersionListing, Query()]
) -> Response:
    """The business hours it had, each with the instant from which they hold."""
    return answer(await calendars.versions(work.connection, calendar_id, asked))


@routes.get(
    "/calendars/{calendar_id}/holidays",
    response_model=HolidayYear,
    operation_id="list_calendar_holidays",
    summary="The holidays of a year",
)
async def list_calendar_holidays(
    calendar_id: CalendarId, work: Reads, actor: OwnReader, asked: Annotated[HolidayQuery, Query()]
) -> Response:
    """The days of a year on which it is closed whatever the weekday: explicit ones, and the public ones that this
    version keeps. Names are those the `holidays` package has now."""
    return answer(HolidayYear(await calendars.holidays_in(work.connection, calendar_id, asked.year, asked.version)))


@routes.post(
    "/calendars/{calendar_id}/due",
    response_model=Due,
    operation_id="calendar_due",
    summary="When so much business time has passed",
)
async def calendar_due(calendar_id: CalendarId, body: BusinessTime, work: Reads, actor: OwnReader) -> Response:
    """The earliest instant by which so many open seconds have passed since the start. Eight hours from 09:00 on a day
    that is open from 09:00 to 17:00 end at 17:00 that day. More than 3,653 days are refused."""
    return answer(await calendars.due(work.connection, calendar_id, body.start, body.seconds))


@routes.post(
    "/calendars/{calendar_id}/elapsed",
    response_model=Elapsed,
    operation_id="calendar_elapsed",
    summary="How much business time has passed",
)
async def calendar_elapsed(calendar_id: CalendarId, body: Span, work: Reads, actor: OwnReader) -> Response:
    """The open seconds from the start (inclusive) to the end (exclusive)."""
    return answer(await calendars.elapsed(work.connection, calendar_id, body.start, body.end))
