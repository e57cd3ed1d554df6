"""Use cases of recognitions: thanking a member or a department for what they did."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.backdating import moment
from app.access.roles import Actor
from app.access.speaking import speaker
from app.customers.parties import parties
from app.directory import members
from app.kernel.collections import Collection
from app.kernel.paging import Page, require_in_order
from app.kernel.problems import NOT_THERE, Invalid, NotFound
from app.kernel.work import Work
from app.recognition.schemas import Recognition, RecognitionDraft, RecognitionListing
from app.recognition.tables import recognitions
from app.tickets import reading
from app.tickets.schemas import Ticket
from app.tickets.visibility import require_ticket_seen

collection = Collection(recognitions, Recognition, "recognition")

_PARTIES: Final = ("member_id", "department_id", "from_member_id", "customer_id")
_ONESELF: Final = "nobody recognises themselves."


async def recognise(work: Work, actor: Actor, draft: RecognitionDraft) -> Recognition:
    """Thanks a member or a department.

    Raises:
        Invalid: it names nobody to thank or two, somebody who thanks themselves, something that does not exist or does
            not fit, or an instant in the future or before the ticket was opened.
        Forbidden: another instant than now, without the permission; or from somebody else than the member whose key it
            is.
    """
    _require_one(draft)
    draft = draft.model_copy(update={"from_member_id": speaker(actor, draft.from_member_id, "/from_member_id")})
    await members.require_present(work.connection, draft.from_member_id, "/from_member_id")
    ticket = await _ticket(work, actor, draft.ticket_id)
    at = moment(draft.at, work.now, actor, "/at")
    if ticket is not None and at < ticket.opened_at:
        raise Invalid.field("/at", "lies before the ticket was opened.")
    values = {**draft.model_dump(exclude={"at"}), "customer_id": _customer_id(draft, ticket)}
    concerned = await parties(work.connection, {name: values[name] for name in _PARTIES})
    _refuse_oneself(actor, draft, concerned["from_member"])
    made = await collection.insert(work.connection, {**values, "given_at": at, "actor": work.actor})
    work.happened("recognition.given", at, recognition=made, ticket=ticket, **concerned)
    return made


async def page(
    connection: AsyncConnection, asked: RecognitionListing, seen: Sequence[ColumnElement[bool]] = ()
) -> Page[Recognition]:
    """A page of the recognitions of which these conditions hold, the latest first unless asked otherwise.

    Raises:
        Invalid: the time it asks about ends before it begins.
    """
    require_in_order({"from": asked.from_, "to": asked.to}, "from", "to")
    at = recognitions.c.given_at
    conditions = list(seen)
    conditions += [at >= asked.from_] if asked.from_ else []
    conditions += [at < asked.to] if asked.to else []
    return await collection.page(connection, asked, sorts=("given_at",), conditions=conditions, default="-given_at")


def _require_one(draft: RecognitionDraft) -> None:
    if draft.member_id is not None and draft.department_id is not None:
        raise Invalid.field("/department_id", "must be left out beside member_id: one of them is recognised.")
    if draft.member_id is None and draft.department_id is None:
        raise Invalid.field("/member_id", "is missing: a member is recognised, or a department (department_id).")


def _refuse_oneself(actor: Actor, draft: RecognitionDraft, giver: Any) -> None:
    if draft.from_member_id is not None and draft.from_member_id == draft.member_id:
        raise Invalid.field("/from_member_id", f"is who is recognised: {_ONESELF}")
    if giver is not None and draft.department_id in giver.department_ids:
        raise Invalid.field("/from_member_id", f"belongs to the department that is recognised: {_ONESELF}")
    if giver is None and draft.department_id in actor.department_ids:
        raise Invalid.field("/department_id", f"is one that this key speaks for: {_ONESELF}")


async def _ticket(work: Work, actor: Actor, id_: UUID | None) -> Ticket | None:
    if id_ is None:
        return None
    try:
        await require_ticket_seen(work, actor, id_)
    except NotFound as error:
        raise Invalid.field("/ticket_id", NOT_THERE) from error
    found = await reading.some_tickets(work.connection, [id_], work.now)
    if not found:
        raise Invalid.field("/ticket_id", NOT_THERE)
    return found[0]


def _customer_id(draft: RecognitionDraft, ticket: Ticket | None) -> UUID | None:
    if ticket is None:
        return draft.customer_id
    if draft.customer_id not in (None, ticket.customer_id):
        raise Invalid.field("/customer_id", "is not the customer whom the ticket serves.")
    return ticket.customer_id
