"""Meridian, the demo company: the hours it keeps, its departments, and who works in them. Pure."""

from typing import Final

from app.demo.meridian import stated
from app.demo.names import FIRST_NAMES, LAST_NAMES
from app.demo.records import Calendar, Department, Member

HEAD_OFFICE = "head-office"
SERVICE_DESK = "service-desk"
SHARED_SERVICES = "shared-services"
ROUND_THE_CLOCK = "round-the-clock"

_DOMAIN = "meridian.example"
CALENDAR_KEYS = {
    "Head office, Berlin": HEAD_OFFICE,
    "Service desk, Leeds": SERVICE_DESK,
    "Shared services, Pune": SHARED_SERVICES,
    "Round the clock": ROUND_THE_CLOCK,
}
_SIZES = {
    "SALES": 14,
    "ORDERS": 9,
    "OPS": 12,
    "PROC": 5,
    "LOG": 6,
    "FIN": 9,
    "BILLING": 4,
    "LEGAL": 4,
    "IT": 10,
    "SERVICE": 7,
}

CALENDARS: Final = tuple(
    Calendar(
        CALENDAR_KEYS[each["name"]], each["name"], each["timezone"], each["hours"], tuple(each.get("holidays", ()))
    )
    for each in stated("calendars")
)
DEPARTMENTS: Final = tuple(
    Department(each["key"], each["name"], CALENDAR_KEYS[each["calendar"]], _SIZES[each["key"]])
    for each in stated("departments")
)
"""Both in the order of the file."""

_ALSO_IN = {"ORDERS": "SALES", "PROC": "LOG", "BILLING": "FIN", "SERVICE": "OPS"}
"""The second department of the last member of each of these."""


def members() -> tuple[Member, ...]:
    """The 80 members, department by department, each one's lead first."""
    found: list[Member] = []
    for department in DEPARTMENTS:
        for place in range(department.size):
            name = _name(len(found))
            address = f"{name.lower().replace(' ', '.')}@{_DOMAIN}"
            second = _ALSO_IN.get(department.key) if place == department.size - 1 else None
            belongs_to = (department.key, second) if second else (department.key,)
            found.append(Member(address, name, belongs_to, "member" if place else "lead"))
    return tuple(found)


def _name(index: int) -> str:
    first = FIRST_NAMES[index % len(FIRST_NAMES)]
    last = LAST_NAMES[(index * 9 + index // len(FIRST_NAMES) * 5) % len(LAST_NAMES)]
    return f"{first} {last}"
