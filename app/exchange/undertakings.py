"""The `[[sla]]` tables of a mapping, made into SLAs of the providers that the log names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import bindparam, or_, select

from app.catalogue.tables import request_types
from app.directory.tables import calendars, departments
from app.exchange.mapping import MappingError
from app.exchange.mapping_sla import EVERY_PROVIDER
from app.exchange.names import Named
from app.kernel.problems import Problem
from app.kernel.work import Work
from app.service_levels.schemas import SlaDraft
from app.service_levels.slas import collection, create_sla
from app.service_levels.tables import slas

_DEPARTMENT = (
    select(departments.c.id)
    .where(or_(departments.c.name == bindparam("named"), departments.c.key == bindparam("named")))
    .order_by((departments.c.name == bindparam("named")).desc(), departments.c.created_at, departments.c.id)
)
_CALENDARS = select(calendars.c.id).where(calendars.c.name == bindparam("named"))
_REQUEST_TYPE = (
    select(request_types.c.id)
    .where(
        request_types.c.provider_department_id == bindparam("provider_id"),
        or_(request_types.c.name == bindparam("named"), request_types.c.key == bindparam("named")),
    )
    .order_by((request_types.c.name == bindparam("named")).desc(), request_types.c.created_at)
)
_PRESENT = collection.select().where(
    slas.c.provider_department_id == bindparam("provider_id"), slas.c.name == bindparam("named")
)


class Undertakings:
    """Sees to it that each provider has the SLAs that a mapping states; one that is there already stays."""

    def __init__(self, work: Work, tables: Sequence[Mapping[str, Any]]) -> None:
        self._work, self._tables = work, tables
        self._offered: set[tuple[int, UUID]] = set()
        self._calendars: dict[str, UUID] = {}

    async def offer(self, known: Named, providers: Iterable[UUID]) -> None:
        """Makes the SLAs of departments that the log names and that provide something in it.

        Raises:
            MappingError: an SLA names something that is not there, or does not go with those that are.
        """
        wanted = set(providers)
        for row in known.rows.values():
            if row["id"] in wanted:
                for index, table in enumerate(self._tables):
                    if table["provider"] in (EVERY_PROVIDER, row["name"], row["key"]):
                        await self._see_to(index, row["id"])

    async def finish(self) -> None:
        """Makes the SLAs of providers that the log does not name. Raises as `offer`."""
        offered = {index for index, _ in self._offered}
        for index, table in enumerate(self._tables):
            if index not in offered and table["provider"] != EVERY_PROVIDER:
                await self._see_to(index, await self._department(table, "provider"))

    async def _see_to(self, index: int, provider_id: UUID) -> None:
        if (index, provider_id) in self._offered:
            return
        self._offered.add((index, provider_id))
        table = self._tables[index]
        draft = await self._draft(table, provider_id)
        named = {"provider_id": provider_id, "named": table["name"]}
        present = (await self._work.connection.execute(_PRESENT, named)).mappings().first()
        if present is None:
            try:
                await create_sla(self._work, draft)
            except Problem as problem:
                raise _mistake(table, problem.detail) from problem
        elif not _same(present, draft):
            raise _mistake(table, "the provider has an SLA of this name already, with other terms")

    async def _draft(self, table: Mapping[str, Any], provider_id: UUID) -> SlaDraft:
        stated = ("name", "rank", "priorities", "customer_tiers", "pause_on", "warn_at")
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in table.items()}
        fields = {name: values[name] for name in stated} | {
            "provider_department_id": provider_id,
            "requester_department_id": await self._department(table, "requester") if table["requester"] else None,
            "request_type_id": await self._request_type(table, provider_id) if table["request_type"] else None,
            "calendar_id": await self._calendar(table),
            "targets": [dict(target) for target in table["targets"]],
        }
        try:
            return SlaDraft.model_validate(fields)
        except ValidationError as error:
            first = error.errors()[0]
            raise _mistake(table, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error

    async def _department(self, table: Mapping[str, Any], key: str) -> UUID:
        found = await self._work.connection.execute(_DEPARTMENT, {"named": table[key]})
        id_: UUID | None = found.scalars().first()
        if id_ is None:
            raise _mistake(table, f"there is no department with the name or key {table[key]!r} ({key})")
        return id_

    async def _request_type(self, table: Mapping[str, Any], provider_id: UUID) -> UUID:
        named = {"named": table["request_type"], "provider_id": provider_id}
        id_: UUID | None = (await self._work.connection.execute(_REQUEST_TYPE, named)).scalars().first()
        if id_ is None:
            raise _mistake(table, f"the provider's catalogue has no {table['request_type']!r} (request_type)")
        return id_

    async def _calendar(self, table: Mapping[str, Any]) -> UUID:
        found = self._calendars.get(table["calendar"])
        if found is not None:
            return found
        ids = (await self._work.connection.execute(_CALENDARS, {"named": table["calendar"]})).scalars().all()
        if len(ids) != 1:
            many = "several calendars have" if ids else "no calendar has"
            raise _mistake(table, f"{many} the name {table['calendar']!r} (calendar)")
        id_: UUID = ids[0]
        self._calendars[table["calendar"]] = id_
        return id_


def _same(present: Mapping[Any, Any], draft: SlaDraft) -> bool:
    wanted = draft.model_dump(exclude={"targets", "active"})
    targets = {
        (target.metric, target.seconds, tuple(sorted(target.by_priority.stated().items())))
        if "by_priority" in target.model_fields_set
        else (target.metric, target.seconds, ())
        for target in draft.targets
    }
    stored = {
        (target["metric"], target["seconds"], tuple(sorted((target["by_priority"] or {}).items())))
        for target in present["targets"]
    }
    return targets == stored and all(present[name] == value for name, value in wanted.items())


def _mistake(table: Mapping[str, Any], what: str) -> MappingError:
    return MappingError(f"[[sla]] {table['name']!r}: {what.rstrip('.')}.")
