"""What is there, in the form in which files state it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.configuration import queries
from app.configuration.entries import fields_of
from app.configuration.planning import Present
from app.configuration.things import Key, Kind, Name, Thing
from app.kernel.database import Row

_ROWS = {
    Kind.CALENDAR: queries.CALENDARS,
    Kind.DEPARTMENT: queries.DEPARTMENTS,
    Kind.REQUEST_TYPE: queries.REQUEST_TYPES,
    Kind.SLA: queries.SLAS,
    Kind.OBJECTIVE: queries.OBJECTIVES,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is there, with the ids and versions of it; `ids` has those of the members that matter, too."""

    present: Present
    ids: Mapping[Name, UUID]
    versions: Mapping[Name, int]


async def known(connection: AsyncConnection, addresses: Iterable[str] = ()) -> Known:
    """Everything that is configured, and the members with these addresses or that it names: seven statements.

    What names others is read before them, so all it names is there although others write meanwhile.
    """
    rows = {kind: list((await connection.execute(_ROWS[kind])).mappings()) for kind in reversed(_ROWS)}
    asked = {"ids": list(_members_named(rows)), "addresses": [address.lower() for address in addresses]}
    members = (await connection.execute(queries.MEMBERS, asked)).all()
    any_members = bool((await connection.execute(queries.ANY_MEMBERS)).scalar())
    called: dict[UUID, Key] = {row.id: (row.email.lower(),) for row in members}
    ids = {Name(Kind.MEMBER, called[row.id]): row.id for row in members}
    things: dict[Name, Thing] = {}
    versions: dict[Name, int] = {}
    ambiguous: set[Name] = set()
    for kind in _ROWS:
        for row in rows[kind]:
            called[row["id"]] = _key(kind, row, called)
        for row in rows[kind]:
            name = Name(kind, called[row["id"]])
            if kind is Kind.OBJECTIVE and ids[Name(Kind.SLA, called[row["sla_id"]])] != row["sla_id"]:
                continue  # It is of an SLA that has ended, and whose name another one has.
            if name in things and _stands_out(things[name], row):
                ambiguous.add(name)
            things[name] = Thing(name, _fields(kind, row, called))
            ids[name], versions[name] = row["id"], row["version"]
    addresses_known = frozenset(name.key[0] for name in ids if name.kind is Kind.MEMBER)
    return Known(Present(things, frozenset(ambiguous), addresses_known, any_members), ids, versions)


def _stands_out(before: Thing, row: Row) -> bool:
    """Whether both could be meant: of SLAs by the same name those are not that are no longer active."""
    return before.name.kind is not Kind.SLA or (before.fields["active"] and row["active"])


def _key(kind: Kind, row: Row, called: Mapping[UUID, Key]) -> Key:
    if kind is Kind.CALENDAR:
        return (row["name"],)
    if kind is Kind.DEPARTMENT:
        return (row["key"],)
    if kind is Kind.OBJECTIVE:
        return (*called[row["sla_id"]], row["name"])
    provider = called[row["provider_department_id"]]
    return (*provider, row["key"] if kind is Kind.REQUEST_TYPE else row["name"])


def _fields(kind: Kind, row: Row, called: Mapping[UUID, Key]) -> dict[str, Any]:
    if kind is Kind.OBJECTIVE:
        return fields_of(kind, {**row, "goal": float(row["goal"])}, called)
    return fields_of(kind, row, called)


def _members_named(rows: Mapping[Kind, Iterable[Row]]) -> Iterable[UUID]:
    for row in rows[Kind.DEPARTMENT]:
        if row["manager_id"] is not None:
            yield row["manager_id"]
    for row in rows[Kind.SLA]:
        for escalation in row["escalations"]:
            if "member_id" in escalation:
                yield UUID(escalation["member_id"])
