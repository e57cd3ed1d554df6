"""Departments, members and calendars on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.directory.calendar import WEEKDAYS
from app.directory.examples import FINANCE, HEAD_OFFICE, LEAD_OF_FINANCE, OPERATIONS
from app.kernel.paging import Listing, choice_of, sorted_by
from app.kernel.schemas import Day, Email, Id, Instant, Key, Name, Pattern, Schema, Seconds, example, left_out

MOST_HOLIDAYS = 2000
RESERVED_KEYS = frozenset({"customer", "third_party"})

MemberRole = Literal["admin", "lead", "member", "analyst"]


def _not_reserved(key: str) -> str:
    if key.lower() in RESERVED_KEYS:
        raise ValueError(f"must not be one of the reserved keys {', '.join(sorted(RESERVED_KEYS))}")
    return key


DepartmentKey = Annotated[Key, AfterValidator(_not_reserved)]


class DepartmentByKey(Schema):
    """What the department with the key in the address should be."""

    model_config = example(name="Quality", parent_id=OPERATIONS, calendar_id=HEAD_OFFICE)

    name: Name = Field(examples=["Finance"])
    parent_id: Id | None = Field(None, description="The department it is part of.")
    calendar_id: Id | None = Field(None, description="The business hours it keeps.")
    manager_id: Id | None = Field(None, description="The member who leads it.")


class DepartmentDraft(DepartmentByKey):
    """A department to make."""

    model_config = example(key="QUALITY", name="Quality", parent_id=OPERATIONS, calendar_id=HEAD_OFFICE)

    key: DepartmentKey


class DepartmentChange(Schema):
    """What to change; what is left out stays."""

    model_config = example(name="Finance and controlling", manager_id=LEAD_OF_FINANCE)

    key: DepartmentKey = left_out()
    name: Name = left_out()
    parent_id: Id | None = None
    calendar_id: Id | None = None
    manager_id: Id | None = None


@dataclass(frozen=True, slots=True)
class Department:
    """An organisational unit: requester or provider of tickets."""

    id: Id
    version: int
    key: str
    name: str
    parent_id: Id | None
    calendar_id: Id | None
    manager_id: Id | None
    created_at: Instant
    updated_at: Instant


class DepartmentListing(Listing):
    """The query of the list of departments."""

    sort: str | None = sorted_by("key", "name")
    key: str | None = None
    name: str | None = None
    parent_id: Id | None = None
    calendar_id: Id | None = None
    manager_id: Id | None = None


def _each_once(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) < len(ids):
        raise ValueError("must name each department once")
    return ids


DepartmentIds = Annotated[
    list[Id],
    AfterValidator(_each_once),
    Field(
        max_length=50,
        json_schema_extra={"uniqueItems": True},
        description="The first one is the member's main department.",
    ),
]


class MemberByEmail(Schema):
    """What the member with the address should be."""

    model_config = example(name="Ada Okafor", department_ids=[FINANCE])

    name: Name = Field(examples=["Ada Okafor"])
    department_ids: DepartmentIds = []
    role: MemberRole = "member"


class MemberDraft(MemberByEmail):
    """A member to make."""

    model_config = example(email="ada.okafor@example.com", name="Ada Okafor", department_ids=[FINANCE])

    email: Email = Field(examples=["ada.okafor@example.com"])


class MemberChange(Schema):
    """What to change; what is left out stays."""

    model_config = example(department_ids=[FINANCE, OPERATIONS], role="lead")

    email: Email = left_out()
    name: Name = left_out()
    department_ids: DepartmentIds = left_out()
    role: MemberRole = left_out()


@dataclass(frozen=True, slots=True)
class Member:
    """A person in the organisation."""

    id: Id
    version: int
    email: str
    name: str
    role: MemberRole
    department_ids: list[Id]
    left_at: Instant | None
    created_at: Instant
    updated_at: Instant


class Leave(Schema):
    """To whom passes what the member holds."""

    model_config = example(to_member_id=LEAD_OF_FINANCE)

    to_member_id: Id | None = Field(
        None, description="Who holds it from now on; left out, it goes back to the department's queue."
    )


@dataclass(frozen=True, slots=True)
class PassedOn:
    """How much a member held when they left."""

    tickets: Annotated[int, Field(description="Assigned to them and not resolved.")]
    requests: Annotated[int, Field(description="Asked for by them and not resolved.")]
    relationships: Annotated[int, Field(description="With customers whom they served.")]
    departments: Annotated[int, Field(description="Which they led.")]


@dataclass(frozen=True, slots=True)
class LeftMember(Member):
    """A member who has left, and what passed on by that."""

    passed_on: PassedOn


class MemberListing(Listing):
    """The query of the list of members."""

    sort: str | None = sorted_by("name", "email")
    email: str | None = Field(None, description="The address, in upper or lower case.")
    name: str | None = None
    role: MemberRole | None = None
    department_id: Id | None = Field(None, description="One of the member's departments.")
    left: bool | None = Field(None, description="Only those who have left, or only those who have not.")


def _weekdays(schema: dict[str, Any]) -> None:
    schema["properties"] = dict.fromkeys(WEEKDAYS, schema["additionalProperties"])
    schema["additionalProperties"] = False


_TimeOfDay = Annotated[str, Field(json_schema_extra={"pattern": r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"})]
_Interval = Annotated[list[_TimeOfDay], Field(min_length=2, max_length=2)]
WeeklyHours = Annotated[
    dict[str, Annotated[list[_Interval], Field(max_length=100)]],
    Field(
        json_schema_extra=_weekdays,
        description="The open hours of each weekday, `mon` to `sun`, in local time. A missing day is closed, `24:00` "
        "ends a day, intervals may not overlap; what crosses midnight is two.",
        examples=[{"mon": [["09:00", "12:30"], ["13:15", "17:00"]], "fri": [["09:00", "14:00"]]}],
    ),
]
TimeZone = Annotated[
    str, Field(max_length=64, description="A zone of the IANA data.", examples=["Europe/Berlin", "Asia/Kolkata"])
]
Holidays = Annotated[
    list[Day],
    Field(max_length=MOST_HOLIDAYS, description="Days on which it is closed.", examples=[["2026-12-24", "2026-12-31"]]),
]
HolidayCountry = Annotated[
    str,
    Pattern("[A-Z]{2}", "must be two capital letters as in ISO 3166-1, such as DE"),
    Field(
        description="ISO 3166-1 alpha-2. It is closed on its public holidays, too: those known of 1990 to 2100. Each "
        "version of the calendar keeps those that were known when it was made; stating the country in a change takes "
        "those known by then.",
        examples=["DE"],
    ),
]
HolidaySubdivision = Annotated[
    str,
    Field(max_length=64, description="A part of the country, by its code in the `holidays` package.", examples=["BY"]),
]


class CalendarDraft(Schema):
    """A calendar to make; it holds from the beginning of time."""

    model_config = example(
        name="Works",
        timezone="Europe/Berlin",
        hours={"mon": [["06:00", "14:00"], ["14:00", "22:00"]], "sat": [["08:00", "12:00"]]},
        holidays=["2026-12-24", "2026-12-31"],
        holiday_country="DE",
        holiday_subdivision="BY",
    )

    name: Name = Field(examples=["Head office"])
    timezone: TimeZone
    hours: WeeklyHours
    holidays: Holidays = []
    holiday_country: HolidayCountry | None = None
    holiday_subdivision: HolidaySubdivision | None = None


class CalendarChange(Schema):
    """What to change; what is left out stays. Other business hours hold from now on."""

    model_config = example(holidays=["2026-12-24", "2026-12-31"])

    name: Name = left_out()
    timezone: TimeZone = left_out()
    hours: WeeklyHours = left_out()
    holidays: Holidays = left_out()
    holiday_country: HolidayCountry | None = None
    holiday_subdivision: HolidaySubdivision | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business hours in a time zone, less holidays. Touching intervals are answered as one, days in their order."""

    id: Id
    version: int
    name: str
    timezone: str
    hours: dict[str, list[list[str]]]
    holidays: list[Day]
    holiday_country: str | None
    holiday_subdivision: str | None
    created_at: Instant
    updated_at: Instant

    def __post_init__(self) -> None:
        # What the database keeps as JSON has lost its order.
        object.__setattr__(self, "hours", {day: self.hours[day] for day in WEEKDAYS if day in self.hours})


class CalendarListing(Listing):
    """The query of the list of calendars."""

    sort: str | None = sorted_by("name")
    name: str | None = None
    timezone: str | None = None
    holiday_country: str | None = None
    holiday_subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """The business hours that a calendar had from an instant on, until those of the next version."""

    number: Annotated[int, Field(description="The calendar's `version` when they were made.")]
    holds_from: Annotated[Instant, Field(description="The first one holds for all time before the second.")]
    timezone: str
    hours: dict[str, list[list[str]]]
    holidays: list[Day]
    holiday_country: str | None
    holiday_subdivision: str | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "hours", {day: self.hours[day] for day in WEEKDAYS if day in self.hours})


class CalendarVersionListing(Listing):
    """The query of the list of a calendar's versions."""

    sort: str | None = choice_of(("number",))


class HolidayQuery(BaseModel):
    """Which holidays are asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    year: int = Field(ge=1900, le=2199, description="The year.", examples=[2027])
    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="A version of the calendar; else the present one."
    )


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which a calendar is closed whatever the weekday."""

    date: Day
    name: Annotated[str | None, Field(description="Of a public holiday, in the language of its country.")]
    public: Annotated[bool, Field(description="Whether it is one of the country's public holidays.")]


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """The holidays of a year, in order."""

    items: list[Holiday]


class HolidayImport(BaseModel):
    """How holidays are taken from a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    replace: bool = Field(False, description="Whether they replace the present explicit holidays, instead of joining.")


class BusinessTime(Schema):
    """An amount of business time from an instant on."""

    model_config = example(start="2026-03-06T16:00:00Z", seconds=14400)

    start: Instant = Field(examples=["2026-03-06T16:00:00Z"])
    seconds: Seconds = Field(examples=[14400])


@dataclass(frozen=True, slots=True)
class Due:
    """The earliest instant by which so much business time has passed."""

    due_at: Instant


class Span(Schema):
    """A span of time."""

    model_config = example(start="2026-03-06T16:00:00Z", end="2026-03-09T10:30:00Z")

    start: Instant = Field(examples=["2026-03-06T16:00:00Z"])
    end: Instant = Field(examples=["2026-03-09T10:30:00Z"])


@dataclass(frozen=True, slots=True)
class Elapsed:
    """The business time in a span; 0 when it ends before it starts."""

    seconds: int
