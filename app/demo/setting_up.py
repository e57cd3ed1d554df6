"""Storing what the demo company had from the beginning: what its file configures, members and customers."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.configuration.applying import carry_out, planned_changes
from app.configuration.gathering import gather
from app.configuration.places import BadConfiguration
from app.configuration.planning import Action, without_members
from app.configuration.things import Kind, Name, Wanted
from app.customers import customers
from app.customers.schemas import Customer
from app.demo.identities import Ids
from app.demo.meridian import FILE, content
from app.demo.organisation import CALENDAR_KEYS
from app.demo.records import Company
from app.directory.tables import departments, member_departments, members
from app.kernel.problems import Conflict
from app.kernel.work import Work


async def set_up(work: Work, company: Company, ids: Ids) -> dict[str, Customer]:
    """Stores all of it; the customers by reference, as they are answered.

    Raises:
        Conflict: there are calendars, or departments, that go by the same names.
    """
    run = work.connection.execute
    wanted = gather([(FILE, content())])
    await _configure(work, [without_members(each) for each in wanted if each.name.kind in _BEFORE_MEMBERS], ids)
    await run(insert(members), list(_members(company, ids)))
    await run(insert(member_departments), list(_member_departments(company, ids)))
    await _name_leads(work.connection, company, ids)
    await _configure(work, wanted, ids)
    returned = insert(customers.collection.table).returning(*customers.collection.columns)
    rows = (await run(returned, list(_customers(company, ids)))).mappings()
    return {row["external_ref"]: Customer(**row) for row in rows}


_BEFORE_MEMBERS = (Kind.CALENDAR, Kind.DEPARTMENT)


async def _configure(work: Work, wanted: Sequence[Wanted], ids: Ids) -> None:
    """Makes what is wanted and not there yet.

    Raises:
        Conflict: something else goes by the same name.
    """
    try:
        plan, there = await planned_changes(work, wanted)
    except BadConfiguration as error:
        raise Conflict(f"The demo company does not go with what is there: {error}") from error
    changed = [str(change.name) for change in plan.changes if change.action is Action.CHANGE]
    if changed:
        raise Conflict(f"The demo company would change what is there: {', '.join(changed)}.")
    await carry_out(work, plan, there, given=lambda name: _given(name, ids))


def _given(name: Name, ids: Ids) -> UUID:
    match name.kind:
        case Kind.CALENDAR:
            return ids.calendars[CALENDAR_KEYS[name.key[0]]]
        case Kind.DEPARTMENT:
            return ids.departments[name.key[0]]
        case Kind.REQUEST_TYPE:
            return ids.request_types[name.key[0], name.key[1]]
        case Kind.SLA:
            return ids.slas[name.key[1]]
        case _:
            return ids.objectives[name.key[2]]


def _members(company: Company, ids: Ids) -> Iterable[dict[str, Any]]:
    for each in company.members:
        yield {"id": ids.members[each.email], "email": each.email, "name": each.name, "role": each.role}


def _member_departments(company: Company, ids: Ids) -> Iterable[dict[str, Any]]:
    for each in company.members:
        for position, key in enumerate(each.departments):
            yield {
                "member_id": ids.members[each.email],
                "department_id": ids.departments[key],
                "position": position,
            }


async def _name_leads(connection: AsyncConnection, company: Company, ids: Ids) -> None:
    for each in company.members:
        if each.role == "lead":
            led = update(departments).where(departments.c.id == ids.departments[each.departments[0]])
            await connection.execute(led.values(manager_id=ids.members[each.email]))


def _customers(company: Company, ids: Ids) -> Iterable[dict[str, Any]]:
    for each in company.customers:
        yield {
            "id": ids.customers[each.ref],
            "external_ref": each.ref,
            "name": each.name,
            "tier": each.tier,
            "annual_value": each.annual_value,
            "currency": each.currency,
            "preferences": dict(each.preferences),
            "notes": each.notes,
        }
