"""Departments, customers and members by the names a log has for them: found by the exact name, else made."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Column, Select, Table, Text, bindparam, cast, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.customers.schemas import Customer
from app.customers.tables import customers
from app.directory.schemas import RESERVED_KEYS
from app.directory.tables import departments, members
from app.exchange.slugs import Keys
from app.kernel.ids import new_id

PLACEHOLDER_DOMAIN: Final = "imported.invalid"
"""The domain of the addresses of members of whom only a name is known."""


def _named(table: Table) -> Select[Any]:
    names = cast(bindparam("names"), ARRAY(Text))
    return select(table).where(table.c.name == func.any(names)).order_by(table.c.created_at.desc(), table.c.id.desc())


def _taken(column: Column[Any]) -> Select[Any]:
    return select(column).where(column == func.any(cast(bindparam("keys"), ARRAY(Text))))


_PLACE = text("""
    with seen as (select * from unnest(cast(:members as uuid[]), cast(:departments as uuid[])) as s (member_id, id)),
    placed as (
        insert into member_departments (member_id, department_id, position)
        select s.member_id, s.id, coalesce((
                select max(position) + 1 from member_departments where member_id = s.member_id
            ), 0) + row_number() over (partition by s.member_id) - 1
        from seen s join members m on m.id = s.member_id and m.email like :placeholders
        on conflict do nothing
        returning member_id
    )
    update members set version = version + 1, updated_at = :now
    where id in (select member_id from placed) and id <> all(cast(:made as uuid[]))
""")


class Named:
    """Rows of one table, and their ids, by their names; what is missing is made, with a key of its own."""

    def __init__(self, table: Table, key: str, keys: Keys, *, key_suffix: str = "", **fixed: Any) -> None:
        self._table, self._key, self._keys, self._suffix, self._fixed = table, key, keys, key_suffix, fixed
        self._found, self._taken = _named(table), _taken(table.c[key])
        self.rows: dict[str, Mapping[str, Any]] = {}
        self.ids: dict[str, UUID] = {}
        self.made: list[Mapping[str, Any]] = []

    async def have(self, connection: AsyncConnection, names: Iterable[str], now: datetime) -> list[Mapping[str, Any]]:
        """Sees to it that every name has its row; gives those that were made. Of several of one name the oldest."""
        missing = [name for name in dict.fromkeys(names) if name not in self.rows]
        if not missing:
            return []
        for row in (await connection.execute(self._found, {"names": missing})).mappings():
            self.rows[row["name"]] = dict(row)
            self.ids[row["name"]] = row["id"]
        missing = [name for name in missing if name not in self.rows]
        if not missing:
            return []
        keys = await self._free_keys(connection, missing)
        made: list[Mapping[str, Any]] = [
            {"id": new_id(), self._key: keys[name], "name": name, "created_at": now, "updated_at": now, **self._fixed}
            for name in missing
        ]
        await connection.execute(insert(self._table), made)
        self.rows.update(zip(missing, made, strict=True))
        self.ids.update((row["name"], row["id"]) for row in made)
        self.made += made
        return made

    async def _free_keys(self, connection: AsyncConnection, names: Sequence[str]) -> dict[str, str]:
        free: dict[str, str] = {}
        while len(free) < len(names):
            proposed = {name: self._keys.propose(name) + self._suffix for name in names if name not in free}
            found = await connection.execute(self._taken, {"keys": list(proposed.values())})
            taken = set(found.scalars())
            free |= {name: key for name, key in proposed.items() if key not in taken}
        return free


class Names:
    """Everything that a log names."""

    def __init__(self) -> None:
        self.departments = Named(departments, "key", Keys("department", RESERVED_KEYS))
        self.customers = Named(customers, "external_ref", Keys("customer"), preferences={})
        domain = f"@{PLACEHOLDER_DOMAIN}"
        self.members = Named(members, "email", Keys("member"), key_suffix=domain, role="member")
        self._customers: dict[str, Customer] = {}
        self._seen: dict[tuple[UUID, UUID], None] = {}

    def customer(self, name: str) -> Customer:
        """A customer's answer."""
        answer = self._customers.get(name)
        if answer is None:
            row = self.customers.rows[name]
            values: dict[str, Any] = {field: row.get(field) for field in Customer.__dataclass_fields__}
            answer = self._customers[name] = Customer(**(values | {"version": row.get("version", 1)}))
        return answer

    def saw(self, member_id: UUID, department_id: UUID) -> None:
        """Notes that a member acted in a department."""
        self._seen.setdefault((member_id, department_id))

    async def place_members(self, connection: AsyncConnection, now: datetime) -> None:
        """Makes members of whom only a name is known belong to the departments they were seen in."""
        if self._seen:
            named = {
                "members": [member_id for member_id, _ in self._seen],
                "departments": [department_id for _, department_id in self._seen],
                "placeholders": f"%@{PLACEHOLDER_DOMAIN}",
                "made": [row["id"] for row in self.members.made],
                "now": now,
            }
            await connection.execute(_PLACE, named)
