"""What the demo company consists of, before it is stored. Pure.

Things go by what people call them: departments, calendars and request types by key, members by address, customers,
commitments and tickets by external reference. Instants are UTC, in whole seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.tickets.life.lifecycle import Action, Life

Hours = Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business hours: those of each weekday, in a time zone, less holidays (`YYYY-MM-DD`)."""

    key: str
    name: str
    timezone: str
    hours: Hours
    holidays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Department:
    """A department, its calendar, and how many members it is the main department of."""

    key: str
    name: str
    calendar: str
    size: int


@dataclass(frozen=True, slots=True)
class Member:
    """A person; the first department is the main one."""

    email: str
    name: str
    departments: tuple[str, ...]
    role: str = "member"


@dataclass(frozen=True, slots=True)
class RequestType:
    """An entry of a provider's catalogue, and how long it usually takes: hours of the provider's business time spent
    before it is taken up and working on it."""

    provider: str
    key: str
    name: str
    kind: str
    queue_hours: float
    work_hours: float


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer, worth so much a year."""

    ref: str
    name: str
    tier: str
    annual_value: Decimal
    currency: str
    preferences: Mapping[str, Any]
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Reschedule:
    """A due time that moved."""

    at: datetime
    by: str
    from_due_at: datetime
    to_due_at: datetime
    reason: str
    customer_agreed: bool


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise to a customer; `due_at` is the first due time."""

    ref: str
    customer: str
    title: str
    owner: str
    by: str
    promised_at: datetime
    due_at: datetime
    delivered_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    value: Decimal | None
    currency: str | None
    reschedules: tuple[Reschedule, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing a member, or a delegation, did to a ticket, and what was told with it."""

    action: Action[str]
    by: str
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feedback:
    """How the requester was served: 1 (badly) to 5 (very well)."""

    at: datetime
    by: str
    score: int
    comment: str | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request with its whole life: how it opened, what was done, and what it came to."""

    ref: str
    title: str
    description: str | None
    requester: str
    requester_member: str
    request_type: str | None
    customer: str
    commitment: str | None
    blocks: tuple[str, ...]
    opening: Life[str]
    deeds: tuple[Deed, ...]
    life: Life[str]
    feedback: Feedback | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the relation with a customer at one time; its value is in the customer's currency."""

    ref: str
    customer: str
    kind: str
    occurred_at: datetime
    by: str
    score: int | None = None
    value: Decimal | None = None
    commitment: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A member or a department that serves a customer in a role; one with an end was handed over to its successor."""

    ref: str
    customer: str
    member: str | None
    department: str | None
    role: str
    perceived_owner: bool
    since: datetime
    until: datetime | None = None
    end_reason: str | None = None
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """Thanks to a member or a department, for what they did on a ticket."""

    ref: str
    at: datetime
    by: str
    member: str | None
    department: str | None
    ticket: str
    customer: str
    message: str


@dataclass(frozen=True, slots=True)
class Vote:
    """A member's vote."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was answered to a suggestion: adopted, by which metric and how many days are compared, or declined."""

    at: datetime
    by: str
    status: str
    answer: str
    metric: str | None
    days: int | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """How a department or a customer could be served better; of neither it is about the company."""

    ref: str
    at: datetime
    by: str
    department: str | None
    customer: str | None
    text: str
    votes: tuple[Vote, ...]
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Delegation:
    """An approval that a department is granted at once, up to what is worth an amount."""

    ref: str
    provider: str
    key: str
    department: str
    up_to_value: Decimal
    currency: str
    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Company:
    """Everything, as of an instant: nothing in it happened later. Tickets are in the order of their opening."""

    as_of: datetime
    calendars: tuple[Calendar, ...]
    departments: tuple[Department, ...]
    members: tuple[Member, ...]
    request_types: tuple[RequestType, ...]
    customers: tuple[Customer, ...]
    commitments: tuple[Commitment, ...]
    tickets: tuple[Ticket, ...]
    outcomes: tuple[Outcome, ...]
    relationships: tuple[Relationship, ...]
    recognitions: tuple[Recognition, ...]
    suggestions: tuple[Suggestion, ...]
    delegations: tuple[Delegation, ...]
