"""What if, on the wire: what is supposed, what would have come of it, and the levers."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from app.kernel.problems import Invalid
from app.kernel.reports import DEFAULT_DAYS, Period, ReportQuery, grouped_by
from app.kernel.schemas import Currency, Id, Instant, Key, Money, Schema, example
from app.ripple.engine.totals import Amount

MOST_SUPPOSED = 200
SLOWEST = 10
A_DAY = 86_400

Priority = Literal["p1", "p2", "p3", "p4"]


class SupposedDepartment(Schema):
    """What is supposed of one department: either its pace, or that it kept its service levels."""

    department: Key = Field(description="Its key. `customer` and `third_party` can only have let nobody wait.")
    pace: float | None = Field(
        None,
        gt=0,
        le=SLOWEST,
        description="Its base time (queue and work, not waits) takes so many times as long as it did: 0.8 is a fifth "
        "less, 1.5 half as much again.",
        examples=[0.8],
    )
    promises_kept: bool = Field(
        False,
        description="Its base time runs at each ticket's pace, the least haste that would have kept the ticket's "
        "service level, and nobody waits on it: as in the worlds behind the ripple's shares.",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.pace is not None) == self.promises_kept:
            raise ValueError("must have either a pace or promises_kept: true")
        return self


class SupposedTicket(Schema):
    """When one ticket is supposed to have been resolved."""

    ticket_id: Id
    resolved_at: Instant = Field(
        description="Earlier or later than it was, but not before it was opened. What waited for it follows."
    )


_KEPT_BY_ALL: Any = Field(
    False,
    description="Everybody kept their service levels and nobody was waited for, customer and third parties included; "
    "departments with a pace here apart. What stays late is the plan's.",
)
_DEPARTMENTS: Any = Field([], max_length=MOST_SUPPOSED, description="Each at most once. The others went as they did.")


class CommitmentWhatIf(Schema):
    """What is supposed of a commitment. What is not named went as it did."""

    model_config = example(departments=[{"department": "FIN", "pace": 0.8}])

    departments: list[SupposedDepartment] = _DEPARTMENTS
    promises_kept: bool = _KEPT_BY_ALL
    tickets: list[SupposedTicket] = Field(
        [], max_length=MOST_SUPPOSED, description="Tickets beneath the commitment, each at most once."
    )


class PeriodWhatIf(Schema):
    """What is supposed of the commitments delivered in a period, and which of them."""

    model_config = example(departments=[{"department": "FIN", "pace": 0.8}])

    from_: Instant | None = Field(
        None, alias="from", description=f"The first instant; {DEFAULT_DAYS} days before `to`, if left out."
    )
    to: Instant | None = Field(
        None, description="The instant just after the last; just after now, if left out, so that this second counts."
    )
    departments: list[SupposedDepartment] = _DEPARTMENTS
    promises_kept: bool = _KEPT_BY_ALL
    customer_id: Id | None = None
    customer_tier: str | None = Field(None, max_length=200)
    source: str | None = Field(None, max_length=200, description="Only commitments that came from this tool.")
    department_id: Id | None = Field(None, description="Only commitments with a ticket this department was asked for.")
    requester_department_id: Id | None = Field(None, description="Only those with a ticket it asked for.")
    provider_department_id: Id | None = Field(None, description="Only those with a ticket it has in the end.")
    request_type_id: Id | None = Field(None, description="Only those with a ticket of this type.")
    priority: Priority | None = Field(None, description="Only those with a ticket of this priority.")

    def query(self) -> ReportQuery:
        """The period and the filters, as reports have them."""
        framing = {"from": self.from_, "to": self.to}
        filters = self.model_dump(exclude={"from_", "to", "departments", "promises_kept"}, exclude_none=True)
        return ReportQuery.model_validate(framing | filters)

    def period(self, now: datetime) -> Period:
        """The period that is asked about.

        Raises:
            Invalid: it ends before it begins.
        """
        try:
            return self.query().period(now)
        except Invalid as error:
            raise Invalid.field("/from", error.errors[0].detail) from error


@dataclass(frozen=True, slots=True)
class Ending:
    """How a commitment ended; `delivered_at` is null while it is not delivered."""

    delivered_at: Instant | None
    lateness_seconds: int


@dataclass(frozen=True, slots=True)
class CommitmentOutcome:
    """What would have come of a commitment. `saved`: it was late and would not have been; `lost`: the reverse.

    What hangs on it is its value, else the annual value of its customer (null: neither is known); `value_saved` is that
    when it is saved, else 0. What is not delivered is told as of now: how late it is, and would be.
    """

    commitment_id: Id
    customer_id: Id
    as_of: Instant
    before: Ending
    after: Ending
    lateness_saved_seconds: Annotated[int, Field(description="Less than 0 where it would have been later.")]
    saved: bool
    lost: bool
    value: Money | None
    value_saved: Money | None
    currency: Currency | None


@dataclass(frozen=True, slots=True)
class PeriodSums:
    """How many commitments were late, by how much, and what hung on them: each customer's annual value once."""

    late: int
    lateness_seconds: int
    value_late: list[Amount]


@dataclass(frozen=True, slots=True)
class ChangedCommitment:
    """A commitment whose lateness would have been another."""

    commitment_id: Id
    title: str
    customer_id: Id
    customer: str
    before: Ending
    after: Ending
    lateness_saved_seconds: int
    saved: bool
    lost: bool
    value: Money | None
    currency: Currency | None


@dataclass(frozen=True, slots=True)
class PeriodOutcome:
    """What would have come of a period's commitments. The value saved is that of what would not have been let down any
    more: of a customer whose annual value counts, when none of its late commitments would have stayed late."""

    from_: Annotated[Instant, Field(serialization_alias="from")]
    to: Instant
    commitments: int
    before: PeriodSums
    after: PeriodSums
    lateness_saved_seconds: int
    commitments_changed: int
    commitments_saved: int
    commitments_lost: int
    value_saved: list[Amount]
    value_lost: list[Amount]
    changed: Annotated[list[ChangedCommitment], Field(description="Those that changed most, at most 20.")]

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        names = (name for name in self.__slots__ if name != "from_")
        return {"from": self.from_, **{name: getattr(self, name) for name in names}}


NO_VALUE = Decimal("0.00")


class LeverQuery(ReportQuery):
    """The query of the levers."""

    allowed: ClassVar[Any] = ("department",)
    framing: ClassVar[frozenset[str]] = frozenset(("from_", "to", "group_by", "faster_seconds"))

    group_by: str = grouped_by("department", ("department",))
    faster_seconds: int = Field(
        A_DAY, ge=60, le=90 * A_DAY, description="How much faster each department is supposed: a day, if left out."
    )
    department_id: Id | None = Field(None, description="Only commitments with a ticket this department was asked for.")
    requester_department_id: Id | None = Field(None, description="Only those with a ticket it asked for.")
    provider_department_id: Id | None = Field(None, description="Only those with a ticket it has in the end.")
    request_type_id: Id | None = Field(None, description="Only those with a ticket of this type.")
    priority: Priority | None = Field(None, description="Only those with a ticket of this priority.")
