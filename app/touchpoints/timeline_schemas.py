"""The timeline of a customer on the wire."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from app.kernel.paging import Listing, choice_of
from app.kernel.schemas import Id, Instant

TimelineKindName = Literal[
    "commitment",
    "ticket",
    "hand_off",
    "wait",
    "question",
    "comment",
    "outcome",
    "relationship",
    "recognition",
    "suggestion",
    "note",
]


@dataclass(frozen=True, slots=True)
class TimelineSubject:
    """What it is about."""

    type: Annotated[
        Literal["commitment", "ticket", "outcome", "relationship", "recognition", "suggestion", "customer"],
        Field(description="The singular name of a resource."),
    ]
    id: Id


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """Something that happened to a customer, or for it."""

    at: Instant
    kind: TimelineKindName
    event: Annotated[str, Field(description="What of its kind.", examples=["delivered_late", "transferred"])]
    subject: TimelineSubject
    text: Annotated[str, Field(description="It in a sentence.")]
    department_id: Annotated[Id | None, Field(description="Whose doing it is, where that is known.")]
    member_id: Annotated[Id | None, Field(description="Who did it, or is concerned, where that is known.")]


class TimelineListing(Listing):
    """The query of a customer's timeline."""

    sort: str | None = choice_of(("at",))
    kind: str | None = Field(
        None,
        max_length=200,
        description="Only these kinds, separated by commas: `commitment`, `ticket`, `hand_off`, `wait`, `question`, "
        "`comment`, `outcome`, `relationship`, `recognition`, `suggestion`, `note`.",
        json_schema_extra={"pattern": "^[a-z_]+(,[a-z_]+)*$"},
        examples=["commitment,outcome"],
    )
    from_: Instant | None = Field(None, alias="from", description="Only what was at this instant or later.")
    to: Instant | None = Field(None, description="Only what was before this instant.")
    department_id: Id | None = Field(None, description="Only what this department did.")
