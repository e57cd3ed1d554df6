"""Use cases of feedback: how the requester of a ticket was served, once for each time that it was resolved."""

from typing import Final
from uuid import UUID

from app.access.backdating import moment
from app.access.roles import Actor
from app.access.speaking import speaker
from app.directory import members
from app.kernel.database import Row
from app.kernel.preconditions import require_version
from app.kernel.problems import Forbidden, Invalid, NotFound, NotPossibleNow, TooLate
from app.kernel.work import Work
from app.tickets import queries, reading
from app.tickets.doing.changing import locked
from app.tickets.feedback.rules import Given, NotTheirs, Requester, giver
from app.tickets.feedback.schemas import Feedback, FeedbackOnTicket, GivenFeedback
from app.tickets.life.lifecycle import Status
from app.tickets.schemas import Ticket
from app.tickets.telling import happened

_TOLD: Final = ("score", "comment", "member_id")


async def give_feedback(
    work: Work, actor: Actor, ticket_id: UUID, said: Feedback, expected: frozenset[int] | None
) -> Ticket:
    """Says how the requester was served by the last resolution; said again within seven days, it replaces that.

    Raises:
        NotFound: there is no such ticket.
        Forbidden: the key is tied to other departments than the one that asked, or stands for somebody else than who
            may say how it was, or says when without the permission.
        NotPossibleNow: the ticket is not resolved.
        TooLate: what was said of this resolution may not be changed any more.
        Invalid: it is somebody else's to say, or was said before the resolution, or before it was said last.
    """
    member_id = speaker(actor, said.member_id, "/member_id")
    await members.require_present(work.connection, member_id, "/member_id")
    row = await locked(work, ticket_id)
    require_version(expected, row["version"])
    if not actor.speaks_for(row["requester_department_id"]):
        raise Forbidden("Feedback is given by the department that asked; this key is tied to others.")
    if row["status"] not in (Status.RESOLVED, Status.CLOSED):
        raise NotPossibleNow(f"Feedback is given on what was resolved; the ticket is {row['status']}.", possible=[])
    place = {"ticket_id": ticket_id, "number": row["reopen_count"] + 1}
    earlier = await _earlier(work, place)
    at = moment(said.at, work.now, actor, "/at")
    if at < row["resolved_at"]:
        raise Invalid.field("/at", "lies before the ticket was resolved.")
    given = await _said(work, actor, row, said.model_copy(update={"member_id": member_id}), earlier)
    if earlier is not None:
        if (said.score, said.comment) == (earlier.score, earlier.comment):
            return await reading.ticket(work.connection, ticket_id, work.now)
        if at > earlier.changeable_until:
            raise TooLate.since(earlier.changeable_until, "Feedback may be changed for seven days after it was given")
        if at < earlier.last_at:
            raise Invalid.field("/at", "lies before this feedback was given last.")
    values = {"at": at, "changed_at": None} if earlier is None else {"at": earlier.at, "changed_at": at}
    await work.connection.execute(queries.PUT_FEEDBACK, {**place, **given, **values, "actor": work.actor})
    touched = queries.UPDATE_TICKET.values(version=row["version"] + 1, updated_at=work.now)
    await work.connection.execute(touched, {"ticket_id": ticket_id})
    ticket = await reading.ticket(work.connection, ticket_id, work.now)
    previous = {} if earlier is None else {"feedback": {name: getattr(earlier, name) for name in _TOLD}}
    happened(work, "ticket.feedback_given", at, ticket, feedback=given, previous=previous)
    return ticket


async def feedback_on(work: Work, ticket_id: UUID) -> FeedbackOnTicket:
    """All feedback on a ticket.

    Raises:
        NotFound: there is no such ticket.
    """
    if (await work.connection.execute(queries.EXISTS, {"ticket_id": ticket_id})).first() is None:
        raise NotFound(f"There is no ticket with id {ticket_id}.")
    rows = (await work.connection.execute(queries.ALL_FEEDBACK, {"ticket_id": ticket_id})).all()
    return FeedbackOnTicket(
        [
            GivenFeedback(
                number=row.number,
                score=row.score,
                comment=row.comment,
                member_id=row.member_id,
                given_at=row.at,
                changed_at=row.changed_at,
                changeable_until=Given(row.member_id, row.score, row.comment, row.at).changeable_until,
                actor=row.actor,
            )
            for row in rows
        ]
    )


async def _earlier(work: Work, place: dict[str, object]) -> Given | None:
    row = (await work.connection.execute(queries.FEEDBACK, place)).first()
    return None if row is None else Given(row.member_id, row.score, row.comment, row.at, row.changed_at)


async def _said(work: Work, actor: Actor, row: Row, said: Feedback, earlier: Given | None) -> dict[str, object]:
    """What is said, and whose it is."""
    stated, asked_by = said.member_id, row["requester_id"]
    requester, department_ids = Requester(row["requester_department_id"], asked_by), []
    if stated is not None:
        department_ids = (await members.member(work.connection, stated)).department_ids
        if asked_by not in (None, stated):
            has_left = (await members.member(work.connection, asked_by)).left_at is not None
            requester = Requester(requester.department_id, asked_by, has_left)
    try:
        member_id = giver(requester, stated, department_ids, earlier)
    except NotTheirs as reason:
        if actor.own is not None:
            raise Forbidden(f"/member_id: whoever has this key {reason}") from reason
        raise Invalid.field("/member_id", str(reason)) from reason
    return {"score": said.score, "comment": said.comment, "member_id": member_id}
