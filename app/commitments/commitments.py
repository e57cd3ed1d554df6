"""Use cases of commitments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.backdating import moment
from app.access.roles import Actor
from app.commitments import queries, rules
from app.commitments.rules import BadInstant, NotPossible, Promise, Status
from app.commitments.schemas import (
    Cancellation,
    Commitment,
    CommitmentChange,
    CommitmentDraft,
    CommitmentListing,
    Delivery,
    Reschedule,
    Rescheduling,
)
from app.commitments.tables import commitments
from app.customers import customers
from app.directory import departments
from app.kernel import paging
from app.kernel.ids import new_id
from app.kernel.lookup import Lookup
from app.kernel.outbox import previous
from app.kernel.paging import Page
from app.kernel.preconditions import require_version
from app.kernel.problems import NOT_THERE, FieldError, Invalid, NotFound, NotPossibleNow
from app.kernel.work import Work

_CONCERNED = Lookup(customer=customers.collection.select(), department=departments.collection.select())
_SORTS = ("id", "created_at", "promised_at", "due_at", "title")
_PROMISED = ("promised_at", "due_at", "agreed_due_at", "delivered_at", "cancelled_at")
_OF_ROW = tuple(
    name for name in Commitment.__dataclass_fields__ if name not in ("first_due_at", "lateness_seconds", "reschedules")
)


async def create_commitment(work: Work, draft: CommitmentDraft) -> Commitment:
    """Records a promise to a customer."""
    with _problems():
        promise = rules.promised(draft.promised_at, draft.due_at, work.now)
    values = draft.model_dump()
    _require_currency(values)
    concerned = await _concerned(work.connection, draft.customer_id, draft.owner_department_id)
    absent = [name for name in ("customer", "owner_department") if concerned[name] is None]
    if absent:
        errors = [FieldError(f"/{name}_id", NOT_THERE) for name in absent]
        raise Invalid(" ".join(f"{error.pointer}: {error.detail}" for error in errors), errors=errors)
    values |= {"id": new_id(), "agreed_due_at": promise.agreed_due_at}
    row = (await work.connection.execute(queries.INSERT_COMMITMENT, values)).mappings().one()
    made = answer_of({**row, "reschedules": ()}, work.now)
    work.happened("commitment.created", made.promised_at, commitment=made, **concerned)
    return made


async def change_commitment(
    work: Work, id_: UUID, change: CommitmentChange, expected: frozenset[int] | None
) -> Commitment:
    """Changes what the request states."""
    present = await _locked(work, id_, expected)
    changes = {name: value for name, value in change.stated().items() if getattr(present, name) != value}
    _require_currency({"value": present.value, "currency": present.currency, **changes})
    if not changes:
        return present
    changed = await _update(work, present, changes)
    await _happened(work, "commitment.updated", work.now, present, changed)
    return changed


async def deliver(
    work: Work, actor: Actor, id_: UUID, delivery: Delivery, expected: frozenset[int] | None
) -> Commitment:
    """The promise is kept.

    Raises:
        NotPossibleNow: it is not open.
        Invalid: the instant lies in the future or before the promise.
        Forbidden: another instant than now, without the permission.
    """
    at = moment(delivery.at, work.now, actor, "/at")
    present = await _locked(work, id_, expected)
    with _problems():
        promise = rules.deliver(_promise(present), at)
    changed = await _update(work, present, {"status": promise.status, "delivered_at": promise.delivered_at})
    kind = "commitment.delivered_late" if changed.lateness_seconds else "commitment.delivered"
    await _happened(work, kind, at, present, changed)
    return changed


async def cancel(
    work: Work, actor: Actor, id_: UUID, cancellation: Cancellation, expected: frozenset[int] | None
) -> Commitment:
    """The promise is given up. Raises as `deliver`."""
    at = moment(cancellation.at, work.now, actor, "/at")
    present = await _locked(work, id_, expected)
    with _problems():
        promise = rules.cancel(_promise(present), at)
    changes = {"status": promise.status, "cancelled_at": promise.cancelled_at, "cancel_reason": cancellation.reason}
    changed = await _update(work, present, changes)
    await _happened(work, "commitment.cancelled", at, present, changed)
    return changed


async def reschedule(work: Work, id_: UUID, wanted: Rescheduling, expected: frozenset[int] | None) -> Commitment:
    """The promise is due at another time; how it moved is kept.

    Raises:
        NotPossibleNow: it is not open.
        Invalid: it would be due before it was promised.
    """
    present = await _locked(work, id_, expected)
    with _problems():
        promise = rules.reschedule(_promise(present), wanted.due_at, customer_agreed=wanted.customer_agreed)
    moved = {
        "at": work.now,
        "from_due_at": present.due_at,
        "to_due_at": promise.due_at,
        "reason": wanted.reason,
        "customer_agreed": wanted.customer_agreed,
        "actor": work.actor,
    }
    number = len(present.reschedules) + 1
    await work.connection.execute(queries.INSERT_RESCHEDULE, moved | {"commitment_id": id_, "number": number})
    changes = {"due_at": promise.due_at, "agreed_due_at": promise.agreed_due_at}
    changed = await _update(work, present, changes, moved)
    await _happened(work, "commitment.rescheduled", work.now, present, changed)
    return changed


async def commitment(connection: AsyncConnection, id_: UUID, now: datetime) -> Commitment:
    """One commitment, its lateness as of `now`.

    Raises:
        NotFound: there is none with this id.
    """
    row = (await connection.execute(queries.COMMITMENT, {"commitment_id": id_})).mappings().first()
    if row is None:
        raise NotFound(f"There is no commitment with id {id_}.")
    return answer_of(row, now)


async def some_commitments(connection: AsyncConnection, ids: Iterable[UUID], now: datetime) -> dict[UUID, Commitment]:
    """Those of these commitments that exist."""
    rows = (await connection.execute(queries.COMMITMENTS_BY_ID, {"ids": list(ids)})).mappings()
    return {row["id"]: answer_of(row, now) for row in rows}


async def page(
    connection: AsyncConnection, asked: CommitmentListing, now: datetime, seen: Sequence[ColumnElement[bool]] = ()
) -> Page[Commitment]:
    """A page of the commitments of which these conditions hold."""
    filters = asked.filters()
    paging.require_in_order(filters, "due_after", "due_before")
    conditions = list(seen)
    if "due_after" in filters:
        conditions.append(commitments.c.due_at >= filters.pop("due_after"))
    if "due_before" in filters:
        conditions.append(commitments.c.due_at < filters.pop("due_before"))
    conditions += [commitments.c[name] == value for name, value in filters.items()]
    ordered = paging.order(asked.sort, {name: commitments.c[name] for name in _SORTS}, "id")
    rows, cursor = await paging.fetch(connection, queries.COMMITMENTS.where(*conditions), asked, ordered)
    return Page([answer_of(row, now) for row in rows], cursor)


def answer_of(row: Mapping[Any, Any], now: datetime) -> Commitment:
    """The answer of a row of `queries.COMMITMENTS`, its lateness as of `now`."""
    fields = {name: row[name] for name in _OF_ROW}
    reschedules = [_reschedule(kept) for kept in row["reschedules"] or ()]
    first_due_at = reschedules[0].from_due_at if reschedules else row["due_at"]
    lateness = rules.lateness_seconds(Promise(Status(row["status"]), *(row[name] for name in _PROMISED)), now)
    return Commitment(**fields, first_due_at=first_due_at, lateness_seconds=lateness, reschedules=reschedules)


def _reschedule(kept: Mapping[str, Any]) -> Reschedule:
    instants = {name: _instant(kept[name]) for name in ("at", "from_due_at", "to_due_at")}
    return Reschedule(**instants, reason=kept["reason"], customer_agreed=kept["customer_agreed"], actor=kept["actor"])


def _instant(kept: str | datetime) -> datetime:
    return datetime.fromisoformat(kept) if isinstance(kept, str) else kept


def _promise(present: Commitment) -> Promise:
    return Promise(Status(present.status), *(getattr(present, name) for name in _PROMISED))


async def _locked(work: Work, id_: UUID, expected: frozenset[int] | None) -> Commitment:
    await work.connection.execute(queries.LOCK, {"commitment_id": id_})
    present = await commitment(work.connection, id_, work.now)
    require_version(expected, present.version)
    return present


async def _update(work: Work, present: Commitment, changes: Mapping[str, Any], *moved: Mapping[str, Any]) -> Commitment:
    statement = queries.UPDATE_COMMITMENT.values(**changes)
    row = (await work.connection.execute(statement, {"commitment_id": present.id})).mappings().one()
    history = [*map(asdict, present.reschedules), *moved]
    return answer_of({**row, "reschedules": history}, work.now)


async def _happened(work: Work, kind: str, at: datetime, before: Commitment, after: Commitment) -> None:
    concerned = await _concerned(work.connection, after.customer_id, after.owner_department_id)
    work.happened(kind, at, commitment=after, **concerned, previous=previous(before, after))


async def _concerned(connection: AsyncConnection, customer_id: UUID, owner_id: UUID) -> dict[str, Any]:
    """Whom a commitment concerns, None for what does not exist: one statement."""
    found = await _CONCERNED.rows(connection, customer=[customer_id], department=[owner_id])
    customer, owner = found["customer"].get(customer_id), found["department"].get(owner_id)
    return {
        "customer": customer and customers.collection.shape(**customer),
        "owner_department": owner and departments.collection.shape(**owner),
    }


def _require_currency(values: Mapping[str, Any]) -> None:
    if values["value"] is not None and values["currency"] is None:
        raise Invalid.field("/currency", "is missing: value is an amount of it.")


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except NotPossible as error:
        raise NotPossibleNow.instead(str(error), error.possible) from error
    except BadInstant as error:
        raise Invalid.field(f"/{error.field}", error.detail) from error
