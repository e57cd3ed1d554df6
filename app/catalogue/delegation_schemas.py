"""Delegations on the wire: whose approvals are granted at once."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from app.directory.examples import OPERATIONS
from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Currency, Id, Instant, Schema, Value, example

_Limit = Annotated[
    Value,
    Field(
        description="Only what is worth at most this: by the value of the commitment that the ticket serves, else by "
        "the annual value of its customer. Where neither is known, somebody decides.",
        examples=["25000.00"],
    ),
]
_LimitCurrency = Annotated[
    Currency,
    Field(
        description="That of `up_to_value`. Nothing is converted: what is worth an amount of another one is left to "
        "somebody. Left out, the limit is the same amount of every currency."
    ),
]
_Until = Annotated[
    Instant, Field(description="What is asked from then on is not granted any more; with no end, if left out.")
]


class DelegationDraft(Schema):
    """To whom an approval is delegated, and within which limits."""

    model_config = example(department_id=OPERATIONS, up_to_value="25000.00", currency="EUR")

    department_id: Id = Field(description="The department whose requests are granted at once.")
    up_to_value: _Limit | None = None
    currency: _LimitCurrency | None = None
    until: _Until | None = None


class DelegationEnd(Schema):
    """From whom a delegation is taken back."""

    model_config = example(department_id=OPERATIONS)

    department_id: Id | None = Field(None, description="The department; every one that has it, if left out.")


@dataclass(frozen=True, slots=True)
class Delegation:
    """What a department is granted at once, since when, and who said so."""

    id: Id
    version: int
    request_type_id: Id
    department_id: Annotated[Id, Field(description="The department whose requests are granted.")]
    up_to_value: Value | None
    currency: str | None
    since: Instant
    until: Instant | None
    delegated_by: dict[str, Any] | None
    ended_at: Annotated[
        Instant | None, Field(description="When it was taken back, or another took its place; null while it stands.")
    ]
    ended_by: dict[str, Any] | None
    created_at: Instant
    updated_at: Instant


class DelegationListing(Listing):
    """The query of the list of delegations."""

    sort: str | None = sorted_by("since")
    request_type_id: Id | None = None
    department_id: Id | None = None
    ended: bool | None = Field(None, description="Only those that were taken back or replaced, or only the others.")
