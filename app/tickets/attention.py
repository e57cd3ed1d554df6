"""Which tickets need somebody's attention: each for one reason, however many there are.

An answer that is owed comes before a wait; a hand-off is to be accepted before it is to be acknowledged. What a ticket
waits for is in its row, with the weight of its value, so that the worst of each kind are found by an index.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, Text, case, cast, func, or_, select, text

from app.commitments.tables import commitments
from app.customers.tables import customers
from app.directory.tables import departments
from app.kernel.attention import Act, AttentionKind, rank
from app.tickets.tables import IS_UNRESOLVED, ticket_dependencies, ticket_history, ticket_legs, tickets

_of = tickets.c
_provider, _requester, _sender = (departments.alias(name) for name in ("provider", "requester", "sender"))
WORTH: Final = func.coalesce(commitments.c.value, customers.c.annual_value)
CURRENCY: Final = case((commitments.c.value.is_(None), customers.c.currency), else_=commitments.c.currency)
"""What is at stake: the value of the commitment, else of the customer a year."""


# Written out, so that every plan knows the indexes of just these.
_IS_OPEN, _IS_WAITING = text("tickets.status = 'open'"), text("tickets.status = 'waiting'")


def _tickets(
    since: ColumnElement[Any], department: ColumnElement[Any], member: ColumnElement[Any], *conditions: Any
) -> Select[Any]:
    return select(
        _of.id,
        since.label("since"),
        rank(since, _of.weight).label("rank"),
        _of.customer_id,
        department.label("department_id"),
        member.label("member_id"),
    ).where(*conditions)


def _telling(**more: Any) -> Callable[[FromClause], Select[Any]]:
    detail = {"number": _of.number, "title": _of.title, "provider": _provider.c.name, "requester": _requester.c.name}

    def told(worst: FromClause) -> Select[Any]:
        return select(
            *worst.c,
            WORTH.label("value"),
            CURRENCY.label("currency"),
            func.jsonb_build_object(*(part for pair in (detail | more).items() for part in pair)).label("detail"),
        ).select_from(
            worst.join(tickets, _of.id == worst.c.id)
            .join(customers, customers.c.id == _of.customer_id)
            .join(_provider, _provider.c.id == _of.provider_department_id)
            .join(_requester, _requester.c.id == _of.requester_department_id)
            .outerjoin(commitments, commitments.c.id == _of.commitment_id)
        )

    return told


def _named(told: Mapping[str, Any]) -> str:
    return f"T-{told['number']} “{told['title']}”"


def day(instant: str) -> str:
    """A day in words, of an instant in JSON."""
    return datetime.fromisoformat(instant).strftime("%-d %B %Y")


_leg = ticket_legs.alias("leg")
_before = ticket_legs.alias("before")
_sent_by = (
    select(_sender.c.name)
    .join(_before, _before.c.department_id == _sender.c.id)
    .where(_before.c.ticket_id == _of.id, _before.c.number == _of.leg - 1)
    .scalar_subquery()
)


def _why_unacknowledged(told: Mapping[str, Any]) -> str:
    came = f", which {told['sender']} handed back to it" if told["returned"] else ""
    return f"Nobody in {told['provider']} has acknowledged {_named(told)}{came}."


_returned = (
    select(_leg.c.arrived_by == "return").where(_leg.c.ticket_id == _of.id, _leg.c.number == _of.leg).scalar_subquery()
)
UNACKNOWLEDGED = AttentionKind(
    "unacknowledged",
    "ticket",
    _tickets(_of.pending_since, _of.provider_department_id, _of.assignee_id, _IS_OPEN, _of.is_handed_over.is_(False)),
    _why_unacknowledged,
    lambda id_, _: Act(f"/v1/tickets/{id_}/acknowledge"),
    is_patient=True,
    told=_telling(returned=_returned, sender=_sent_by),
)
"""Tickets that nobody acknowledged: since they were opened, accepted or handed back."""


HANDOFF_UNACCEPTED = AttentionKind(
    "handoff_unaccepted",
    "ticket",
    _tickets(_of.pending_since, _of.provider_department_id, _of.assignee_id, _IS_OPEN, _of.is_handed_over),
    lambda told: f"{told['sender']} handed {_named(told)} over to {told['provider']}, where nobody has accepted it.",
    lambda id_, _: Act(f"/v1/tickets/{id_}/accept"),
    is_patient=True,
    told=_telling(sender=_sent_by),
)
"""Tickets that were transferred, and that the receiver neither accepted, acknowledged nor returned."""


_WAITS_FOR: Final = {
    "requester": "its requester",
    "customer": "the customer",
    "third_party": "a third party",
}
_blocker = tickets.alias("blocker")
_is_blocked = (
    select(_blocker.c.id)
    .where(
        ticket_dependencies.c.blocked_id == _of.id,
        _blocker.c.id == ticket_dependencies.c.blocker_id,
        text(f"blocker.{IS_UNRESOLVED}"),
    )
    .limit(1)
    .scalar_subquery()
    .is_not(None)
)
_is_over = _of.waiting_on == "dependency"


def _why_unchased(told: Mapping[str, Any]) -> str:
    if told["over"]:
        return f"What {_named(told)} waited for is done, and nobody in {told['provider']} has taken it up again."
    silent = f"nothing was said or done about it since {day(told['last_at'])}"
    return f"{_named(told)} waits for {_WAITS_FOR[told['on']]}, and {silent}."


def _chase(id_: UUID, told: Mapping[str, Any]) -> Act:
    if told["over"]:
        return Act(f"/v1/tickets/{id_}/resume")
    if told["on"] == "requester":
        return Act(f"/v1/tickets/{id_}/ask", needs=("question",))
    return Act(f"/v1/tickets/{id_}/comment", {"visibility": "requester"}, ("body",))


WAIT_UNCHASED = AttentionKind(
    "wait_unchased",
    "ticket",
    _tickets(
        _of.pending_since,
        _of.provider_department_id,
        _of.assignee_id,
        _IS_WAITING,
        _of.asked_at.is_(None),
        or_(~_is_over, ~_is_blocked),
    ),
    _why_unchased,
    _chase,
    is_patient=True,
    quiet_since=_of.last_at,
    told=_telling(on=_of.waiting_on, last_at=_of.last_at, over=_is_over),
)
"""Tickets that wait, with nothing said or done about them for a while. When a question is open it is that which is to
be answered; while something blocks a ticket it is that which is to be looked after."""


_question = (
    select(ticket_history.c.details["question"].astext)
    .where(ticket_history.c.ticket_id == _of.id, ticket_history.c.verb == "ask")
    .order_by(ticket_history.c.number.desc())
    .limit(1)
    .scalar_subquery()
)


def _why_unanswered(told: Mapping[str, Any]) -> str:
    question = f": “{told['question']}”" if told["question"] else "."
    return f"{told['requester']} has not answered what {told['provider']} asked about {_named(told)}{question}"


QUESTION_UNANSWERED = AttentionKind(
    "question_unanswered",
    "ticket",
    _tickets(_of.asked_at, _of.requester_department_id, _of.requester_id, _of.asked_at.is_not(None)),
    _why_unanswered,
    lambda id_, _: Act(f"/v1/tickets/{id_}/comment", {"visibility": "requester"}, ("body",)),
    is_patient=True,
    told=_telling(question=cast(_question, Text)),
)
"""Questions back to the requester that nobody there has answered, by the first since the last answer."""

KINDS: Final = (UNACKNOWLEDGED, HANDOFF_UNACCEPTED, WAIT_UNCHASED, QUESTION_UNANSWERED)
