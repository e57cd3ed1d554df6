"""Request types on the wire."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from app.directory.examples import FINANCE
from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Id, Instant, Key, Name, Schema, Text, Value, example, left_out

Kind = Literal["task", "approval", "information", "advice", "access", "incident"]


def _each_once(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("must name each field once")
    return names


RequiredFields = Annotated[
    list[Name],
    AfterValidator(_each_once),
    Field(
        max_length=50,
        json_schema_extra={"uniqueItems": True},
        description="What the provider needs to be told before it can begin.",
        examples=[["amount", "customer number"]],
    ),
]


class RequestTypeDraft(Schema):
    """An entry of a provider's catalogue to make."""

    model_config = example(
        provider_department_id=FINANCE,
        key="credit-limit",
        name="Higher credit limit",
        kind="approval",
        required_fields=["amount", "customer number"],
    )

    provider_department_id: Id = Field(description="The department that can be asked for it.")
    key: Key = Field(description="Unique within the provider's catalogue.", examples=["credit-check"])
    name: Name = Field(examples=["Credit check"])
    kind: Kind
    description: Text | None = None
    required_fields: RequiredFields = []


class RequestTypeChange(Schema):
    """What to change; what is left out stays. An entry stays in its provider's catalogue."""

    model_config = example(name="Credit check, same day")

    key: Key = left_out()
    name: Name = left_out()
    kind: Kind = left_out()
    description: Text | None = None
    required_fields: RequiredFields = left_out()


class Delegated(TypedDict):
    """A delegation that stands: what this department asks for is granted at once, within the limits."""

    id: Id
    department_id: Id
    up_to_value: Value | None
    currency: str | None
    since: Instant
    until: Annotated[Instant | None, Field(description="What is asked from then on is not granted any more.")]


@dataclass(frozen=True, slots=True)
class RequestType:
    """An entry of a provider's service catalogue: what it can be asked for."""

    id: Id
    version: int
    provider_department_id: Id
    key: str
    name: str
    kind: Kind
    description: str | None
    required_fields: list[str]
    delegations: Annotated[
        list[Delegated], Field(description="Of an approval: to whom it is delegated, unless that was taken back.")
    ]
    created_at: Instant
    updated_at: Instant


class RequestTypeListing(Listing):
    """The query of the list of request types."""

    sort: str | None = sorted_by("key", "name", "kind")
    provider_department_id: Id | None = None
    key: str | None = None
    name: str | None = None
    kind: Kind | None = None
