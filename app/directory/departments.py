"""Use cases of departments."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.directory.members import require_present
from app.directory.queries import BY_KEYS, IS_BENEATH, TREE_LOCK
from app.directory.schemas import Department, DepartmentByKey, DepartmentChange, DepartmentDraft
from app.directory.tables import departments
from app.kernel.collections import Collection
from app.kernel.ids import new_id
from app.kernel.preconditions import require_none_expected
from app.kernel.problems import Conflict, NotFound
from app.kernel.work import Work

collection = Collection(departments, Department, "department")


async def create_department(work: Work, draft: DepartmentDraft, id_: UUID | None = None) -> Department:
    """Makes a department; its id is new, unless given."""
    await require_present(work.connection, draft.manager_id, "/manager_id")
    return await collection.insert(work.connection, {"id": id_ or new_id(), **draft.model_dump()})


async def change_department(
    work: Work, id_: UUID, change: DepartmentChange, expected: frozenset[int] | None
) -> Department:
    """Changes what the request states."""
    stated = change.stated()
    await require_present(work.connection, stated.get("manager_id"), "/manager_id")
    present = await collection.get(work.connection, id_, lock=True)
    return await _change(work, present, stated, expected)


async def put_department(
    work: Work, key: str, wanted: DepartmentByKey, expected: frozenset[int] | None
) -> tuple[Department, bool]:
    """Makes the department with this key, or changes it to what is wanted; whether it was made."""
    await require_present(work.connection, wanted.manager_id, "/manager_id")
    made = await collection.insert_unless_there(work.connection, ("key",), {"key": key, **wanted.model_dump()})
    if made is not None:
        require_none_expected(expected)
        return made, True
    present = await collection.find(work.connection, departments.c.key, key, lock=True)
    return await _change(work, present, wanted.model_dump(), expected), False


async def ids_of_keys(connection: AsyncConnection, keys: Sequence[str]) -> list[UUID]:
    """The ids of the departments with these keys, in their order.

    Raises:
        NotFound: one of them does not exist.
    """
    found = {row.key: row.id for row in await connection.execute(BY_KEYS, {"keys": list(keys)})}
    for key in keys:
        if key not in found:
            raise NotFound(f"There is no department with key {key}.")
    return [found[key] for key in keys]


async def _change(
    work: Work, present: Department, changes: Mapping[str, Any], expected: frozenset[int] | None
) -> Department:
    parent_id = changes.get("parent_id")
    if parent_id is not None and parent_id != present.parent_id:
        await work.connection.execute(TREE_LOCK)
        circle = await work.connection.execute(IS_BENEATH, {"parent_id": parent_id, "department_id": present.id})
        if circle.first() is not None:
            raise Conflict("A department cannot be part of itself or of a department beneath it.")
    return await collection.update(work.connection, present, changes, expected)
