"""What surrounds the tickets of one promise while their lives are told: hours, people, chance. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from app.demo.records import Calendar, Customer, Department, Member, Ticket
from app.directory import calendar as business_time

_SECONDS_OF_DAY = 86_400


class Staff:
    """The departments' business hours, and who works there."""

    def __init__(
        self, calendars: Iterable[Calendar], departments: Iterable[Department], members: Iterable[Member]
    ) -> None:
        self._calendars = {
            each.key: business_time.parse_calendar(each.timezone, each.hours, each.holidays) for each in calendars
        }
        self._kept_by = {each.key: each.calendar for each in departments}
        self._members: dict[str, list[str]] = {key: [] for key in self._kept_by}
        for member in members:
            self._members[member.departments[0]].append(member.email)

    def members(self, department: str) -> list[str]:
        """The addresses of the department's own members."""
        return self._members[department]

    def after(self, kept_by: str, at: datetime, hours: float) -> datetime:
        """The instant by which so many business hours of a department, or of a calendar, have passed."""
        calendar = self._calendars[self._kept_by.get(kept_by, kept_by)]
        return business_time.due(calendar, at, max(60, round(hours * 3600)))

    def open_seconds(self, kept_by: str, start: datetime, end: datetime) -> int:
        """The business time in a span."""
        return business_time.elapsed(self._calendars[self._kept_by.get(kept_by, kept_by)], start, end)


@dataclass
class Scene:
    """One promise, or one request that serves a customer directly, and the tickets told so far.

    `waiting` has, by label, the tickets that wait for one to come; `ends` when labelled tickets ended.
    """

    rng: Random
    as_of: datetime
    staff: Staff
    customer: Customer
    commitment: str | None
    ref: str
    priority: str
    tickets: list[Ticket] = field(default_factory=list)
    waiting: dict[str, list[str]] = field(default_factory=dict)
    ends: dict[str, datetime] = field(default_factory=dict)
    _asked: int = 0

    def new_ref(self) -> str:
        """The reference of the next ticket."""
        self._asked += 1
        return f"{self.ref}-{self._asked}" if self.commitment or self._asked > 1 else self.ref

    def days_ago(self, at: datetime) -> float:
        """How many days before the present an instant lies; negative after it."""
        return (self.as_of - at).total_seconds() / _SECONDS_OF_DAY

    def somebody(self, department: str) -> str:
        """A member of the department."""
        return self.rng.choice(self.staff.members(department))

    def minutes(self, most: int) -> timedelta:
        """A few minutes and seconds."""
        return timedelta(seconds=self.rng.randint(60, most * 60))
