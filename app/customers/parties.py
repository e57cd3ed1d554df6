"""Members, departments and customers that something names, as they are answered: for what is told of it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.customers.customers import collection as customers
from app.directory import departments, members
from app.directory.queries import MEMBERS
from app.kernel.lookup import Lookup
from app.kernel.problems import NOT_THERE, Invalid

_PARTIES: Final = Lookup(member=MEMBERS, department=departments.collection.select(), customer=customers.select())


async def parties(connection: AsyncConnection, ids: Mapping[str, UUID | None]) -> dict[str, Any]:
    """Each by the name of the field that names it, without its `_id`; None where that is null: one statement.

    The last word of a field's name tells what it names: `from_member_id` a member.

    Raises:
        Invalid: one does not exist, naming the field.
    """
    kinds = {name: name.removesuffix("_id").rpartition("_")[2] for name in ids}
    wanted: dict[str, set[UUID]] = {"member": set(), "department": set(), "customer": set()}
    for name, id_ in ids.items():
        if id_ is not None:
            wanted[kinds[name]].add(id_)
    rows = await _PARTIES.rows(connection, **wanted)
    known: dict[UUID, Any] = {id_: members.answer_of(row) for id_, row in rows["member"].items()}
    known |= {id_: departments.collection.shape(**row) for id_, row in rows["department"].items()}
    known |= {id_: customers.shape(**row) for id_, row in rows["customer"].items()}
    for name, id_ in ids.items():
        if id_ is not None and id_ not in known:
            raise Invalid.field(f"/{name}", NOT_THERE)
    return {name.removesuffix("_id"): None if id_ is None else known[id_] for name, id_ in ids.items()}
