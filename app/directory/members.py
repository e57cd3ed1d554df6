"""Use cases of members."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.directory import queries
from app.directory.schemas import Member, MemberByEmail, MemberChange, MemberDraft, MemberListing
from app.directory.tables import member_departments, members
from app.kernel import paging
from app.kernel.ids import new_id
from app.kernel.paging import Page
from app.kernel.preconditions import require_none_expected, require_version
from app.kernel.problems import NOT_THERE, Conflict, FieldError, Invalid, NotFound
from app.kernel.work import Work

HAS_LEFT = "names a member who has left."
"""What is wrong with a field that gives something to hold to somebody who cannot."""

_SORTS = ("id", "created_at", "name", "email")
_FIELDS = tuple(Member.__dataclass_fields__)


async def create_member(work: Work, draft: MemberDraft) -> Member:
    """Makes a member.

    Raises:
        Invalid: a department does not exist.
        Conflict: there is one with this address.
    """
    made = await _insert_unless_there(work, draft.email, draft)
    if made is None:
        raise Conflict(f"There is one already: email {draft.email}.")
    return made


async def change_member(work: Work, id_: UUID, change: MemberChange, expected: frozenset[int] | None) -> Member:
    """Changes what the request states."""
    await work.connection.execute(queries.LOCK_MEMBER, {"member_id": id_})
    return await _change(work, await member(work.connection, id_), change.stated(), expected)


async def put_member(
    work: Work, email: str, wanted: MemberByEmail, expected: frozenset[int] | None
) -> tuple[Member, bool]:
    """Makes the member with this address, or changes them to what is wanted; whether they were made."""
    made = await _insert_unless_there(work, email, wanted)
    if made is not None:
        require_none_expected(expected)
        return made, True
    id_ = (await work.connection.execute(queries.LOCK_MEMBER_BY_EMAIL, {"address": email})).scalar_one()
    return await _change(work, await member(work.connection, id_), wanted.model_dump(), expected), False


async def member(connection: AsyncConnection, id_: UUID) -> Member:
    """One member.

    Raises:
        NotFound: there is none with this id.
    """
    row = (await connection.execute(queries.MEMBER, {"member_id": id_})).mappings().first()
    if row is None:
        raise NotFound(f"There is no member with id {id_}.")
    return answer_of(row)


async def member_at(connection: AsyncConnection, email: str) -> Member:
    """The member with an address, in upper or lower case.

    Raises:
        NotFound: there is none.
    """
    row = (await connection.execute(queries.MEMBER_BY_EMAIL, {"address": email})).mappings().first()
    if row is None:
        raise NotFound(f"There is no member with the address {email}.")
    return answer_of(row)


async def hold_present(connection: AsyncConnection, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Those of the members that exist and have not left; they will not leave until the transaction ends.

    To be asked before anything is locked that leaving passes on: see `leaving`.
    """
    rows = await connection.execute(queries.HOLD_MEMBERS, {"ids": list(ids)})
    return frozenset(row.id for row in rows if row.left_at is None)


async def require_present(connection: AsyncConnection, id_: UUID | None, pointer: str) -> None:
    """That the member who is given something to hold, if it is one, is here to hold it; as `hold_present`.

    Raises:
        Invalid: there is none with this id, or they have left.
    """
    if id_ is None:
        return
    row = (await connection.execute(queries.HOLD_MEMBERS, {"ids": [id_]})).first()
    if row is None:
        raise Invalid.field(pointer, NOT_THERE)
    if row.left_at is not None:
        raise Invalid.field(pointer, HAS_LEFT)


async def page(connection: AsyncConnection, asked: MemberListing) -> Page[Member]:
    """A page of members."""
    filters = asked.filters()
    conditions: list[ColumnElement[bool]] = []
    if "email" in filters:
        conditions.append(func.lower(members.c.email) == func.lower(filters.pop("email")))
    if "department_id" in filters:
        belonging = select(member_departments.c.member_id).where(
            member_departments.c.department_id == filters.pop("department_id")
        )
        conditions.append(members.c.id.in_(belonging))
    if "left" in filters:
        left_at = members.c.left_at
        conditions.append(left_at.is_not(None) if filters.pop("left") else left_at.is_(None))
    conditions += [members.c[name] == value for name, value in filters.items()]
    ordered = paging.order(asked.sort, {name: members.c[name] for name in _SORTS}, "id")
    rows, cursor = await paging.fetch(connection, queries.MEMBERS.where(*conditions), asked, ordered)
    return Page([answer_of(row) for row in rows], cursor)


async def _insert_unless_there(work: Work, email: str, wanted: MemberByEmail) -> Member | None:
    await _require_departments(work.connection, wanted.department_ids)
    values = {"id": new_id(), "email": email, "name": wanted.name, "role": wanted.role}
    row = (await work.connection.execute(queries.INSERT_MEMBER_UNLESS_THERE, values)).mappings().first()
    if row is None:
        return None
    await _join(work.connection, row["id"], wanted.department_ids)
    return answer_of({**row, "department_ids": wanted.department_ids})


async def _change(work: Work, present: Member, stated: Mapping[str, Any], expected: frozenset[int] | None) -> Member:
    require_version(expected, present.version)
    changes = {name: value for name, value in stated.items() if getattr(present, name) != value}
    if not changes:
        return present
    department_ids = changes.pop("department_ids", present.department_ids)
    if department_ids != present.department_ids:
        await _require_departments(work.connection, department_ids)
        await work.connection.execute(queries.LEAVE_DEPARTMENTS, {"of_member": present.id})
        await _join(work.connection, present.id, department_ids)
    statement = queries.UPDATE_MEMBER.values(**changes)
    row = (await work.connection.execute(statement, {"member_id": present.id})).mappings().one()
    return answer_of({**row, "department_ids": department_ids})


async def _require_departments(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    if not ids:
        return
    known = set((await connection.execute(queries.KNOWN_DEPARTMENTS, {"ids": list(ids)})).scalars())
    errors = [FieldError(f"/department_ids/{index}", NOT_THERE) for index, id_ in enumerate(ids) if id_ not in known]
    if errors:
        raise Invalid(" ".join(f"{error.pointer}: {error.detail}" for error in errors[:3]), errors=errors)


async def _join(connection: AsyncConnection, member_id: UUID, department_ids: Sequence[UUID]) -> None:
    if department_ids:
        rows = [
            {"member_id": member_id, "department_id": department_id, "position": position}
            for position, department_id in enumerate(department_ids)
        ]
        await connection.execute(queries.JOIN_DEPARTMENTS, rows)


def answer_of(row: Mapping[Any, Any]) -> Member:
    """The answer of a row of `queries.MEMBERS`."""
    return Member(**{name: row[name] for name in _FIELDS})
