"""Meridian, the demo company: the hours it keeps, its departments, and who works in them. Pure."""

from datetime import datetime

from app.demo.names import FIRST_NAMES, LAST_NAMES
from app.demo.records import Calendar, Department, Hours, Member

HEAD_OFFICE = "head-office"
SERVICE_DESK = "service-desk"
SHARED_SERVICES = "shared-services"
ROUND_THE_CLOCK = "round-the-clock"

_DOMAIN = "meridian.example"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
_WEEK = (*_WEEKDAYS, "sat", "sun")
_FIXED_HOLIDAYS = ("01-01", "12-24", "12-25", "12-26", "12-31")

DEPARTMENTS = (
    Department("SALES", "Sales", HEAD_OFFICE, 14),
    Department("ORDERS", "Order management", HEAD_OFFICE, 9, "SALES"),
    Department("OPS", "Operations", HEAD_OFFICE, 12),
    Department("PROC", "Procurement", HEAD_OFFICE, 5, "OPS"),
    Department("LOG", "Logistics", SERVICE_DESK, 6, "OPS"),
    Department("FIN", "Finance", HEAD_OFFICE, 9),
    Department("BILLING", "Billing", SHARED_SERVICES, 4, "FIN"),
    Department("LEGAL", "Legal", HEAD_OFFICE, 4),
    Department("IT", "Information technology", SHARED_SERVICES, 10),
    Department("SERVICE", "Customer service", SERVICE_DESK, 7),
)

_ALSO_IN = {"ORDERS": "SALES", "PROC": "LOG", "BILLING": "FIN", "SERVICE": "OPS"}
"""The second department of the last member of each of these."""


def calendars(as_of: datetime) -> tuple[Calendar, ...]:
    """The four calendars, with the holidays of the years around an instant."""
    holidays = tuple(
        sorted(f"{year}-{day}" for year in range(as_of.year - 1, as_of.year + 3) for day in _FIXED_HOLIDAYS)
    )
    return (
        Calendar(
            HEAD_OFFICE,
            "Head office, Berlin",
            "Europe/Berlin",
            _on(_WEEKDAYS, ("08:30", "12:30"), ("13:15", "17:00")),
            holidays,
        ),
        Calendar(
            SERVICE_DESK,
            "Service desk, Leeds",
            "Europe/London",
            {**_on(_WEEKDAYS, ("07:00", "19:00")), "sat": (("09:00", "14:00"),)},
            holidays,
        ),
        Calendar(
            SHARED_SERVICES,
            "Shared services, Pune",
            "Asia/Kolkata",
            _on(_WEEKDAYS, ("09:30", "13:00"), ("14:00", "18:30")),
            holidays,
        ),
        Calendar(ROUND_THE_CLOCK, "Round the clock", "UTC", _on(_WEEK, ("00:00", "24:00"))),
    )


def _on(days: tuple[str, ...], *intervals: tuple[str, str]) -> Hours:
    return dict.fromkeys(days, intervals)


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
