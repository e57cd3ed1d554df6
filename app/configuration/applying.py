"""Making things as files say, in one transaction, by the use cases that the API calls."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from app.catalogue import request_types
from app.catalogue.schemas import RequestTypeChange
from app.configuration import queries
from app.configuration.entries import DRAFTS, path_in_file, path_of_pointer, stand_in
from app.configuration.places import BadConfiguration, Mistake
from app.configuration.planning import Action, Change, Plan, plan
from app.configuration.present import Known, known
from app.configuration.things import Kind, Name, Wanted
from app.directory import calendars, departments
from app.directory.schemas import CalendarChange, DepartmentChange
from app.kernel.database import Database
from app.kernel.failures import from_database, is_passing
from app.kernel.problems import Conflict, NotFound, Problem, Stale
from app.kernel.work import Work
from app.service_levels import objectives, slas
from app.service_levels.objective_schemas import ObjectiveChange
from app.service_levels.schemas import SlaDraft

CalendarChanged: TypeAlias = Callable[[Work, UUID], Awaitable[None]]
"""What follows when other business hours hold from now on: running clocks are due at other times."""

ATTEMPTS = 5
"""How often it is tried while others change the same things."""


async def apply_configuration(
    database: Database,
    wanted: Sequence[Wanted],
    *,
    now: datetime,
    files: Sequence[str],
    calendar_changed: Sequence[CalendarChanged],
    dry_run: bool = False,
    planned: Callable[[Plan], None] | None = None,
) -> Plan:
    """Makes things as they are wanted, all or none of it; a dry run does everything and keeps nothing.

    `planned` is told what is going to change, before it does. Applying the same again changes nothing.

    Raises:
        BadConfiguration: the files do not go with each other, with what is there, or with the rules.
        Conflict: others kept changing the same things.
    """
    actor = {"type": "configuration", "id": None, "name": ", ".join(files)}

    async def attempt() -> Plan:
        work = Work(database, now, actor)
        try:
            await work.write()
            await work.connection.execute(queries.ONE_AT_A_TIME)
            changes, there = await planned_changes(work, wanted)
            if planned is not None:
                planned(changes)
            await carry_out(work, changes, there, calendar_changed)
            if not dry_run:
                await work.commit()
            return changes
        except DBAPIError as error:
            if is_passing(error):
                raise _Overtaken from error
            raise
        finally:
            await work.close()

    for _ in range(ATTEMPTS):
        with suppress(_Overtaken):
            return await attempt()
    raise Conflict("Others changed the same things at the same time. Try again.")


class _Overtaken(Exception):
    """Somebody else changed the same thing since it was read."""


async def planned_changes(work: Work, wanted: Sequence[Wanted]) -> tuple[Plan, Known]:
    """What to change, and what is there, with the providers of wanted SLAs and their SLAs locked.

    Raises as `apply_configuration`.
    """
    providers = sorted({each.name.key[0] for each in wanted if each.name.kind is Kind.SLA})
    if providers:
        for statement in (queries.LOCK_SLAS, queries.LOCK_PROVIDERS):
            await work.connection.execute(statement, {"keys": providers})
    addresses = {ref.to.key[0] for each in wanted for ref in each.references if ref.to.kind is Kind.MEMBER}
    there = await known(work.connection, addresses)
    return plan(wanted, there.present), there


async def carry_out(
    work: Work,
    changes: Plan,
    there: Known,
    calendar_changed: Sequence[CalendarChanged] = (),
    given: Callable[[Name], UUID | None] = lambda _: None,
) -> None:
    """Makes the changes of a plan in the work's transaction. `given` may state the id of what is made.

    Raises:
        BadConfiguration: one of them breaks a rule.
    """
    maker = _Maker(work, [change.name for change in changes.changes], there, calendar_changed, given)
    for change in changes.changes:
        try:
            await maker.make(change)
        except (Stale, NotFound) as error:
            raise _Overtaken from error
        except Problem as problem:
            raise _bad(change.wanted, problem) from problem
        except DBAPIError as error:
            refusal = from_database(error)
            if refusal is None:
                raise
            if is_passing(error) or refusal.status == 409:
                raise _Overtaken from error
            raise _bad(change.wanted, refusal) from error


class _Maker:
    """The id of what is made stands in for nothing any more: what names it gets it."""

    def __init__(
        self,
        work: Work,
        changes: Iterable[Name],
        there: Known,
        calendar_changed: Sequence[CalendarChanged],
        given: Callable[[Name], UUID | None],
    ) -> None:
        self.work, self.there, self.calendar_changed, self.given = work, there, calendar_changed, given
        self.ids = {stand_in(name): id_ for name, id_ in there.ids.items()}
        self.changing = {there.ids[name] for name in changes if name.kind is Kind.SLA and name in there.ids}

    async def make(self, change: Change) -> None:
        wanted = change.wanted
        values = _replaced(wanted.values, self.ids)
        if change.action is Action.CREATE:
            draft = DRAFTS[wanted.name.kind].model_validate(values)
            self.ids[stand_in(wanted.name)] = await self._create(wanted.name, draft)
        else:
            expected = frozenset({self.there.versions[wanted.name]})
            await self._change(wanted.name.kind, self.there.ids[wanted.name], values, expected)

    async def _create(self, name: Name, draft: Any) -> UUID:
        work, id_ = self.work, self.given(name)
        made: Any
        match name.kind:
            case Kind.CALENDAR:
                made = await calendars.create_calendar(work, draft, id_)
            case Kind.DEPARTMENT:
                made = await departments.create_department(work, draft, id_)
            case Kind.REQUEST_TYPE:
                made = await request_types.create_request_type(work, draft, id_)
            case Kind.SLA:
                made = await slas.create_sla(work, draft, id_, changing=self.changing)
            case _:
                made = await objectives.create_objective(work, draft, id_)
        created: UUID = made.id
        return created

    async def _change(self, kind: Kind, id_: UUID, values: Mapping[str, Any], expected: frozenset[int]) -> None:
        work = self.work
        match kind:
            case Kind.CALENDAR:
                _, other_hours = await calendars.change_calendar(work, id_, _of(CalendarChange, values), expected)
                for follow in self.calendar_changed if other_hours else ():
                    await follow(work, id_)
            case Kind.DEPARTMENT:
                await departments.change_department(work, id_, _of(DepartmentChange, values), expected)
            case Kind.REQUEST_TYPE:
                await request_types.change_request_type(work, id_, _of(RequestTypeChange, values), expected)
            case Kind.SLA:
                await slas.replace_sla(work, id_, SlaDraft.model_validate(values), expected, changing=self.changing)
            case _:
                await objectives.change_objective(work, id_, _of(ObjectiveChange, values), expected)


def _of(change: type[Any], values: Mapping[str, Any]) -> Any:
    """The change that states all of these values that can be changed."""
    return change.model_validate({name: value for name, value in values.items() if name in change.model_fields})


def _replaced(value: Any, ids: Mapping[UUID, UUID]) -> Any:
    if isinstance(value, UUID):
        return ids[value]
    if isinstance(value, BaseModel):
        return _replaced(value.model_dump(exclude_unset=True), ids)
    if isinstance(value, Mapping):
        return {name: _replaced(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, ids) for each in value]
    return value


def _bad(wanted: Wanted, problem: Problem) -> BadConfiguration:
    kind, entry = wanted.name.kind, _entry(wanted)
    mistakes: list[Mistake] = [
        wanted.mistake(path_in_file(kind, path_of_pointer(error.pointer), entry), error.detail)
        for error in problem.errors
    ]
    return BadConfiguration(mistakes or [wanted.mistake((), problem.detail)])


def _entry(wanted: Wanted) -> Mapping[str, Any]:
    value = wanted.document.value
    for part in wanted.path:
        value = value[part]
    entry: Mapping[str, Any] = value
    return entry
