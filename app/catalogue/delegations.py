"""Use cases of delegations: an approval is granted at once to a department, until that is taken back."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.roles import Actor
from app.catalogue import queries
from app.catalogue.delegation_schemas import Delegation, DelegationDraft, DelegationEnd, DelegationListing
from app.catalogue.request_types import collection as request_types
from app.catalogue.schemas import RequestType
from app.catalogue.tables import delegations
from app.catalogue.tables import request_types as request_types_table
from app.directory import departments
from app.kernel.collections import Collection
from app.kernel.lookup import Lookup
from app.kernel.outbox import previous
from app.kernel.paging import Page
from app.kernel.preconditions import require_version
from app.kernel.problems import Conflict, Forbidden, Invalid
from app.kernel.work import Work

collection = Collection(delegations, Delegation, "delegation")

_CONCERNED: Final = Lookup(department=departments.collection.select())


async def delegate(
    work: Work, actor: Actor, request_type_id: UUID, draft: DelegationDraft, expected: frozenset[int] | None
) -> RequestType:
    """Delegates an approval to a department; the delegation it had before is replaced.

    Raises:
        NotFound: there is no such request type.
        Stale: its version is none of those expected.
        Forbidden: the key is tied to other departments than the provider.
        Conflict: it is no approval.
        Invalid: the limits contradict each other, or the department does not exist.
    """
    present = await _locked(work, actor, request_type_id, expected)
    if present.kind != "approval":
        raise Conflict(f"Only an approval can be delegated; this is of the kind '{present.kind}'.")
    if draft.currency is not None and draft.up_to_value is None:
        raise Invalid.field("/currency", "is left out where up_to_value is: it is an amount of it.")
    if draft.until is not None and draft.until <= work.now:
        raise Invalid.field("/until", "must lie in the future.")
    await _end(work, delegations.c.request_type_id == present.id, delegations.c.department_id == draft.department_id)
    made = await collection.insert(
        work.connection,
        {**draft.model_dump(), "request_type_id": present.id, "since": work.now, "delegated_by": work.actor},
    )
    return await _tell(work, "request_type.delegated", present, [made])


async def undelegate(
    work: Work, actor: Actor, request_type_id: UUID, end: DelegationEnd, expected: frozenset[int] | None
) -> RequestType:
    """Takes delegations back; what they granted stays granted.

    Raises:
        NotFound: there is no such request type.
        Stale: its version is none of those expected.
        Forbidden: the key is tied to other departments than the provider.
        Conflict: none stands.
    """
    present = await _locked(work, actor, request_type_id, expected)
    conditions = [delegations.c.request_type_id == present.id]
    conditions += [delegations.c.department_id == end.department_id] if end.department_id is not None else []
    ended = await _end(work, *conditions)
    if not ended:
        raise Conflict("It is not delegated" + (" to that department." if end.department_id is not None else "."))
    return await _tell(work, "request_type.undelegated", present, ended)


async def page(connection: AsyncConnection, asked: DelegationListing) -> Page[Delegation]:
    """A page of delegations, those that ended too."""
    conditions: list[ColumnElement[bool]] = []
    if asked.ended is not None:
        ended_at = delegations.c.ended_at
        conditions.append(ended_at.is_not(None) if asked.ended else ended_at.is_(None))
    return await collection.page(connection, asked, sorts=("since",), conditions=conditions)


async def _locked(work: Work, actor: Actor, id_: UUID, expected: frozenset[int] | None) -> RequestType:
    present = await request_types.get(work.connection, id_, lock=True)
    if not actor.speaks_for(present.provider_department_id):
        raise Forbidden("An approval is delegated by the department that grants it; this key is of others.")
    require_version(expected, present.version)
    return present


async def _end(work: Work, *conditions: ColumnElement[bool]) -> list[Delegation]:
    ended = {"ended_at": work.now, "ended_by": work.actor}
    rows = await work.connection.execute(queries.END_DELEGATIONS.where(*conditions).values(**ended))
    return [Delegation(**row) for row in sorted(rows.mappings(), key=lambda row: (row["since"], row["id"]))]


async def _tell(work: Work, kind: str, before: RequestType, concerned: Sequence[Delegation]) -> RequestType:
    """The request type as it is now; one event for each delegation that began or ended, told with its department."""
    touch = update(request_types_table).where(request_types_table.c.id == before.id)
    touch = touch.values(version=before.version + 1, updated_at=func.now()).returning(*request_types.columns)
    after = RequestType(**(await work.connection.execute(touch)).mappings().one())
    ids = {before.provider_department_id, *(each.department_id for each in concerned)}
    rows = (await _CONCERNED.rows(work.connection, department=ids))["department"]
    known = {id_: departments.collection.shape(**row) for id_, row in rows.items()}
    for each in concerned:
        told: dict[str, Any] = {
            "request_type": after,
            "delegation": each,
            "provider_department": known[before.provider_department_id],
            "requester_department": known[each.department_id],
        }
        work.happened(kind, work.now, **told, previous=previous(before, after))
    return after
