"""What is told of the service catalogue."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from app.catalogue.delegation_schemas import Delegation
from app.catalogue.examples import CREDIT_CHECK
from app.catalogue.schemas import Delegated, RequestType
from app.directory.event_examples import FINANCE, OPERATIONS
from app.directory.schemas import Department
from app.kernel.event_types import EXAMPLE_ACTOR, Actor, EventType, SomeOf


class DelegationData(TypedDict):
    """What is told of a delegation, and whom it concerns."""

    request_type: RequestType
    delegation: Delegation
    provider_department: Annotated[Department, Field(description="The one whose approval it is.")]
    requester_department: Annotated[Department, Field(description="The one whose requests are granted.")]
    previous: Annotated[dict[str, Any], SomeOf(RequestType)]
    actor: Actor


_SINCE: Final = datetime(2026, 3, 16, 9, tzinfo=UTC)
_TAKEN_BACK: Final = _SINCE + timedelta(days=60)
_DELEGATION: Final = Delegation(
    id=UUID("019cf5a4-7400-7b6e-8a51-0d6f3b7c2e90"),
    version=1,
    request_type_id=UUID(CREDIT_CHECK),
    department_id=OPERATIONS.id,
    up_to_value=Decimal("25000.00"),
    currency="EUR",
    since=_SINCE,
    until=None,
    delegated_by=dict(EXAMPLE_ACTOR),
    ended_at=None,
    ended_by=None,
    created_at=_SINCE,
    updated_at=_SINCE,
)
_DELEGATED: Final = Delegated(
    id=_DELEGATION.id,
    department_id=OPERATIONS.id,
    up_to_value=Decimal("25000.00"),
    currency="EUR",
    since=_SINCE,
    until=None,
)
_CREDIT_CHECK: Final = RequestType(
    id=UUID(CREDIT_CHECK),
    version=2,
    provider_department_id=FINANCE.id,
    key="credit-check",
    name="Credit check",
    kind="approval",
    description=None,
    required_fields=["amount", "customer number"],
    delegations=[_DELEGATED],
    created_at=FINANCE.created_at,
    updated_at=_SINCE,
)
_CONCERNED: Final = {"provider_department": FINANCE, "requester_department": OPERATIONS}

TYPES: Final = (
    EventType(
        "request_type.delegated",
        "An approval is granted at once from now on when a department asks for it.",
        DelegationData,
        {
            "request_type": _CREDIT_CHECK,
            "delegation": _DELEGATION,
            **_CONCERNED,
            "previous": {"delegations": []},
            "actor": EXAMPLE_ACTOR,
        },
    ),
    EventType(
        "request_type.undelegated",
        "A delegation was taken back: somebody decides again.",
        DelegationData,
        {
            "request_type": replace(_CREDIT_CHECK, version=3, delegations=[], updated_at=_TAKEN_BACK),
            "delegation": replace(
                _DELEGATION, version=2, ended_at=_TAKEN_BACK, ended_by=dict(EXAMPLE_ACTOR), updated_at=_TAKEN_BACK
            ),
            **_CONCERNED,
            "previous": {"delegations": [_DELEGATED]},
            "actor": EXAMPLE_ACTOR,
        },
    ),
)
