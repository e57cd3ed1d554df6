"""Touchpoints on the wire: who really served a customer."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.kernel.schemas import Id, Instant

RelatedByName = Literal["member", "department", "member_of_department"]


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """A member for a department, or a department where nobody knows who, and how they served the customer."""

    member_id: Id | None
    department_id: Id
    first_at: Instant
    last_at: Instant
    tickets: Annotated[int, Field(description="On which they did something, as requester or as provider.")]
    comments: Annotated[int, Field(description="Comments and questions on them.")]
    commitments: Annotated[int, Field(description="Made or delivered: the owner's.")]
    touches: Annotated[int, Field(description="All that they did.")]
    related: Annotated[bool, Field(description="Whether a relationship said so at the last contact.")]
    related_by: Annotated[
        RelatedByName | None,
        Field(
            description="Whose relationship: the member's own, the department's, or that of one of its members where "
            "nobody knows who served."
        ),
    ]
    roles: Annotated[list[str], Field(description="The roles of these.")]
    unrelated_touches: Annotated[int, Field(description="What they did while no relationship said so.")]


@dataclass(frozen=True, slots=True)
class UnservedRelationship:
    """A relationship in force without service in the period."""

    relationship_id: Id
    member_id: Id | None
    department_id: Id | None
    role: str
    since: Instant
    last_at: Annotated[Instant | None, Field(description="Their last contact ever, before the end of the period.")]


@dataclass(frozen=True, slots=True)
class Gaps:
    """How far what is said and what is done differ."""

    served_without_relationship: Annotated[int, Field(description="Touchpoints that are not `related`.")]
    relationships_without_service: Annotated[int, Field(description="Those in `unserved`.")]


@dataclass(frozen=True, slots=True)
class Touchpoints:
    """Everyone who served a customer, and who is to serve it and did not. What is filtered is left out of both."""

    items: list[Touchpoint]
    unserved: list[UnservedRelationship]
    gaps: Gaps


class TouchpointsQuery(BaseModel):
    """The query of touchpoints."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Instant | None = Field(None, alias="from", description="Only contacts at this instant or later.")
    to: Instant | None = Field(None, description="Only contacts before this instant; now, if left out.")
    member_id: Id | None = Field(None, description="Only this member.")
    department_id: Id | None = Field(None, description="Only for this department.")
    related: bool | None = Field(None, description="`false`: only who served without a relationship.")
