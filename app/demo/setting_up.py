"""Storing what the demo company had from the beginning: calendars, departments, members, catalogue, SLAs, customers."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue.tables import request_types
from app.customers import customers
from app.customers.schemas import Customer
from app.demo.identities import Ids
from app.demo.records import Company
from app.directory.tables import calendar_versions, calendars, departments, member_departments, members
from app.kernel.schemas import EARLIEST
from app.service_levels.tables import sla_versions, slas


async def set_up(connection: AsyncConnection, company: Company, ids: Ids) -> dict[str, Customer]:
    """Stores all of it; the customers by reference, as they are answered."""
    run = connection.execute
    kept = list(_calendars(company, ids))
    await run(insert(calendars), kept)
    await run(insert(calendar_versions), [_version("calendar_id", each) for each in kept])
    await run(insert(departments), list(_departments(company, ids)))
    await run(insert(members), list(_members(company, ids)))
    await run(insert(member_departments), list(_member_departments(company, ids)))
    await _name_leads(connection, company, ids)
    await run(insert(request_types), list(_request_types(company, ids)))
    undertaken = list(_slas(company, ids))
    await run(insert(slas), undertaken)
    await run(insert(sla_versions), [_version("sla_id", each) for each in undertaken])
    returned = insert(customers.collection.table).returning(*customers.collection.columns)
    rows = (await run(returned, list(_customers(company, ids)))).mappings()
    return {row["external_ref"]: Customer(**row) for row in rows}


def _version(owner: str, row: dict[str, Any]) -> dict[str, Any]:
    first = {owner: row["id"], "number": 1, "holds_from": EARLIEST}
    return first | {name: value for name, value in row.items() if name != "id" and (owner, name) != _NOT_KEPT}


_NOT_KEPT = ("calendar_id", "name")


def _calendars(company: Company, ids: Ids) -> Iterable[dict[str, Any]]:
    for each in company.calendars:
        yield {
            "id": ids.calendars[each.key],
            "name": each.name,
            "timezone": each.timezone,
            "hours": {day: [list(interval) for interval in intervals] for day, intervals in each.hours.items()},
            "holidays": [date.fromisoformat(day) for day in each.holidays],
            "holiday_country": None,
            "holiday_subdivision": None,
        }


def _departments(company: Company, ids: Ids) -> Iterable[dict[str, Any]]:
    for each in sorted(company.departments, key=lambda department: department.parent is not None):
        yield {
            "id": ids.departments[each.key],
            "key": each.key,
            "name": each.name,
            "parent_id": ids.departments[each.parent] if each.parent else None,
            "calendar_id": ids.calendars[each.calendar],
        }


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


def _request_types(company: Company, ids: Ids) -> Iterable[dict[str, Any]]:
    for each in company.request_types:
        yield {
            "id": ids.request_types[each.provider, each.key],
            "provider_department_id": ids.departments[each.provider],
            "key": each.key,
            "name": each.name,
            "kind": each.kind,
            "description": each.description,
            "required_fields": list(each.required_fields),
        }


def _slas(company: Company, ids: Ids) -> Iterable[dict[str, Any]]:
    for each in company.slas:
        yield {
            "id": ids.slas[each.name],
            "name": each.name,
            "provider_department_id": ids.departments[each.provider],
            "requester_department_id": ids.departments[each.requester] if each.requester else None,
            "request_type_id": ids.request_types[each.provider, each.request_type] if each.request_type else None,
            "priorities": list(each.priorities) if each.priorities else None,
            "customer_tiers": list(each.customer_tiers) if each.customer_tiers else None,
            "rank": each.rank,
            "calendar_id": ids.calendars[each.calendar],
            "targets": [asdict(target) for target in each.targets],
            "pause_on": list(each.pause_on),
            "warn_at": list(each.warn_at),
            "active": True,
        }


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
