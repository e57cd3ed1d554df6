"""What needs attention, on the wire."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from app.customers.examples import ALBION_FOODS
from app.kernel.attention import SubjectType
from app.kernel.paging import Listing, choice_of, sorted_by
from app.kernel.schemas import Currency, Id, Instant, Money, Schema, Seconds, Words, example

AttentionKindName: TypeAlias = Literal[
    "unacknowledged",
    "handoff_unaccepted",
    "wait_unchased",
    "question_unanswered",
    "member_left",
    "commitment_without_ticket",
    "customer_without_owner",
    "commitment_at_risk",
    "webhook_endpoint_dead",
]


@dataclass(frozen=True, slots=True)
class Subject:
    """What it is about."""

    type: SubjectType
    id: Id


@dataclass(frozen=True, slots=True)
class Act:
    """The request that resolves it."""

    method: Literal["POST"]
    path: Annotated[str, Field(examples=["/v1/tickets/0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b/acknowledge"])]
    body: Annotated[dict[str, Any], Field(description="What its body holds already.")]
    needs: Annotated[list[str], Field(description="Which fields of its body only whoever sends it can say.")]


@dataclass(frozen=True, slots=True)
class Who:
    """Who could act: a department, and of its members the one it is with, where that is somebody."""

    department_id: Id | None
    member_id: Id | None


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Until when somebody decided to leave it alone, and why."""

    id: Annotated[Id, Field(description="The snooze's.")]
    until: Instant
    reason: str
    actor: Annotated[dict[str, Any], Field(description="Who snoozed it, as events name them.")]


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One thing that nobody seems to look after."""

    kind: AttentionKindName
    subject: Subject
    since: Annotated[Instant, Field(description="Since when it is so.")]
    why: Annotated[
        str,
        Field(
            description="The reason, in a sentence.",
            examples=["Nobody in Finance has acknowledged T-1042 “Approve the instalment plan”."],
        ),
    ]
    value: Annotated[
        Money | None,
        Field(description="What is at stake, where that is known: the value of the commitment, else of the customer."),
    ]
    currency: Currency | None
    customer_id: Annotated[Id | None, Field(description="The customer whom it concerns in the end, if any.")]
    could_act: Who
    act: Act
    snoozed: Snoozed | None


class AttentionListing(Listing):
    """The query of the list of what needs attention."""

    sort: str | None = choice_of(("worst", "since"))
    kind: AttentionKindName | None = Field(None, description="Only this kind.")
    customer_id: Id | None = Field(None, description="Only what concerns this customer.")
    department_id: Id | None = Field(None, description="Only what this department could do something about.")
    member_id: Id | None = Field(None, description="Only what is with this member, or what they left behind.")
    after_seconds: Seconds | None = Field(
        None,
        description="Only what has been so for at least as long; when left out, as the settings have it for each kind.",
    )
    snoozed: bool = Field(False, description="What is snoozed, instead of what is not.")


class SubjectNamed(Schema):
    """What it is about."""

    type: SubjectType
    id: Id


class SnoozeDraft(Schema):
    """Something that is to be left alone for a while, and why."""

    model_config = example(
        kind="customer_without_owner",
        subject={"type": "customer", "id": ALBION_FOODS},
        until="2027-01-11T08:00:00Z",
        reason="Whoever is to own it begins in January.",
    )

    kind: AttentionKindName
    subject: SubjectNamed
    until: Annotated[Instant, Field(description="From when on it is listed again; at most a year from now.")]
    reason: Words


@dataclass(frozen=True, slots=True)
class Snooze:
    """A decision to leave something alone until an instant."""

    id: Id
    version: int
    kind: AttentionKindName
    subject: Subject
    since: Annotated[Instant, Field(description="Since when what was snoozed was so; the same again is listed.")]
    until: Instant
    reason: str
    actor: Annotated[dict[str, Any], Field(description="Who snoozed it, as events name them.")]
    created_at: Instant
    updated_at: Instant


class SnoozeListing(Listing):
    """The query of the list of snoozes."""

    sort: str | None = sorted_by("until")
    kind: AttentionKindName | None = Field(None, description="Only of this kind.")
    subject_id: Id | None = Field(None, description="Only of this ticket, customer, …")
