"""What needs attention because nobody holds it: what members who left still had, and promises nobody was asked to
keep."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, literal_column, select, text, true, union_all

from app.commitments.tables import commitments
from app.customers.relationship_queries import serves_at
from app.customers.tables import customer_relationships, customers
from app.directory.tables import departments, member_departments, members
from app.kernel.attention import NOBODY, Act, AttentionKind, rank, weight
from app.kernel.database import Timestamp
from app.tickets.attention import CURRENCY, WORTH, day
from app.tickets.tables import IS_UNRESOLVED, tickets

_now = bindparam("now", type_=Timestamp)
_of = members.c
_serves = (customer_relationships.c.member_id == _of.id, serves_at(_now))
_assigned = (tickets.c.assignee_id == _of.id, text(f"tickets.{IS_UNRESOLVED}"))
_stakes = union_all(
    select(tickets.c.weight, WORTH.label("value"), CURRENCY.label("currency"), tickets.c.customer_id)
    .join(customers, customers.c.id == tickets.c.customer_id)
    .outerjoin(commitments, commitments.c.id == tickets.c.commitment_id)
    .where(*_assigned)
    .correlate(members),
    select(
        weight(customers.c.annual_value, customers.c.currency),
        customers.c.annual_value,
        customers.c.currency,
        customers.c.id,
    )
    .join(customer_relationships, customer_relationships.c.customer_id == customers.c.id)
    .where(*_serves)
    .correlate(members),
).subquery("stakes")
_most = select(_stakes).order_by(_stakes.c.weight.desc(), _stakes.c.customer_id).limit(1).lateral("most")
_held = {
    "tickets": select(func.count()).select_from(tickets).where(*_assigned),
    "customers": select(func.count(customer_relationships.c.customer_id.distinct())).where(*_serves),
    "departments": select(func.count()).select_from(departments).where(departments.c.manager_id == _of.id),
}
_counted = select(*(each.correlate(members).scalar_subquery().label(name) for name, each in _held.items())).lateral(
    "held"
)
_department = (
    select(member_departments.c.department_id)
    .where(member_departments.c.member_id == _of.id)
    .order_by(member_departments.c.position)
    .limit(1)
    .scalar_subquery()
)


def _why_left(told: Mapping[str, Any]) -> str:
    held = [_number(told[name], noun) for name, noun in _NOUNS.items() if told[name]]
    listed = held[0] if len(held) == 1 else f"{', '.join(held[:-1])} and {held[-1]}"
    return f"{told['name']} left on {day(told['left_at'])}, and still holds {listed}."


_NOUNS: Final = {"tickets": "unresolved ticket", "customers": "customer", "departments": "department"}


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


_LEFT: Select[Any] = (
    select(
        _of.id,
        _of.left_at.label("since"),
        rank(_of.left_at, func.coalesce(_most.c.weight, 0)).label("rank"),
        _most.c.value.label("value"),
        _most.c.currency.label("currency"),
        _most.c.customer_id.label("customer_id"),
        _department.label("department_id"),
        _of.id.label("member_id"),
        func.jsonb_build_object(
            *("name", _of.name, "left_at", _of.left_at, "department_id", _department),
            *(part for name in _held for part in (name, _counted.c[name])),
        ).label("detail"),
    )
    .select_from(members.join(_counted, true()).outerjoin(_most, true()))
    .where(_of.left_at <= _now, _counted.c.tickets + _counted.c.customers + _counted.c.departments > 0)
)


def _leave(id_: UUID, told: Mapping[str, Any]) -> Act:
    # Customers pass to a department of theirs, where nobody else is named.
    return Act(f"/v1/members/{id_}/leave", needs=() if told["department_id"] else ("to_member_id",))


MEMBER_LEFT = AttentionKind("member_left", "member", _LEFT, _why_left, _leave)
"""Members who left and still hold something: unresolved tickets, customers, the lead of a department."""


IS_ASKED_FOR: Final = exists(literal_column("1")).where(tickets.c.commitment_id == commitments.c.id)
"""Whether a commitment has a ticket of its own."""


def open_commitments(since: ColumnElement[Any], **detail: ColumnElement[Any]) -> Select[Any]:
    """The open commitments as what needs attention since an instant; `detail` is told beside its title and whose it
    is."""
    told = {"title": commitments.c.title, "customer": customers.c.name, "owner": departments.c.name, **detail}
    return (
        select(
            commitments.c.id,
            since.label("since"),
            rank(since, weight(WORTH, CURRENCY)).label("rank"),
            WORTH.label("value"),
            CURRENCY.label("currency"),
            commitments.c.customer_id,
            commitments.c.owner_department_id.label("department_id"),
            NOBODY.label("member_id"),
            func.jsonb_build_object(*(part for pair in told.items() for part in pair)).label("detail"),
        )
        .join(customers, customers.c.id == commitments.c.customer_id)
        .join(departments, departments.c.id == commitments.c.owner_department_id)
        .where(text("commitments.status = 'open'"))
    )


_UNTICKETED = open_commitments(commitments.c.promised_at, due_at=commitments.c.due_at).where(~IS_ASKED_FOR)


def _why_unticketed(told: Mapping[str, Any]) -> str:
    promised = f"{told['owner']} promised {told['customer']} “{told['title']}” for {day(told['due_at'])}"
    return f"{promised}, and has asked nobody for anything yet."


def _ask_for_it(id_: UUID, _: Mapping[str, Any]) -> Act:
    needs = ("title", "requester_department_id", "provider_department_id")
    return Act("/v1/tickets", {"commitment_id": str(id_)}, needs)


COMMITMENT_WITHOUT_TICKET = AttentionKind(
    "commitment_without_ticket",
    "commitment",
    _UNTICKETED,
    _why_unticketed,
    _ask_for_it,
    is_patient=True,
)
"""Open commitments for which no ticket was ever opened."""

KINDS: Final = (MEMBER_LEFT, COMMITMENT_WITHOUT_TICKET)
