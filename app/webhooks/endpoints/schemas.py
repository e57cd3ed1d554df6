"""Webhook endpoints on the wire."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, Field

from app.kernel.paging import Listing, sorted_by
from app.kernel.schemas import Id, Instant, Pattern, Schema, Text, example, left_out
from app.webhooks.wire.addresses import LONGEST_URL
from app.webhooks.wire.signing import require_secret

Status = Literal["enabled", "paused", "disabled"]
Reason = Literal["by_hand", "gone", "failing"]

MOST_PENDING = 10_000
"""Up to how many waiting deliveries of an endpoint are counted."""


def _each_once(values: list[UUID] | list[str]) -> list[UUID] | list[str]:
    if len(set(values)) < len(values):
        raise ValueError("must name each once")
    return values


_UNIQUE = {"uniqueItems": True}
Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_URL,
        json_schema_extra={"format": "uri"},
        description="Where deliveries are posted to: `https`, without user and password, at an address that is not "
        "private; what `OUTWARD_WEBHOOK_ALLOW_PRIVATE` lists may be private, and `http`.",
        examples=["https://example.com/hooks/outward"],
    ),
]
EventPattern = Annotated[
    str, Field(max_length=100), Pattern(r"\*|[a-z_]+\.([a-z_]+|\*)", "must be a type or a pattern such as ticket.*")
]
EventTypes = Annotated[
    list[EventPattern],
    AfterValidator(_each_once),
    Field(
        max_length=100,
        json_schema_extra=_UNIQUE,
        description="Only events of these types; `ticket.*` stands for all that begin so. None, and `*`: every event.",
        examples=[["sla.breached", "commitment.*"]],
    ),
]
OfDepartments = Annotated[
    list[Id],
    AfterValidator(_each_once),
    Field(
        max_length=200,
        json_schema_extra=_UNIQUE,
        description="Only events that concern one of these departments. None: whichever they concern.",
    ),
]
OfCustomers = Annotated[
    list[Id],
    AfterValidator(_each_once),
    Field(
        max_length=200,
        json_schema_extra=_UNIQUE,
        description="Only events that concern one of these customers. None: whichever they concern.",
    ),
]
Secret = Annotated[
    str,
    AfterValidator(require_secret),
    Field(
        max_length=100,
        json_schema_extra={"format": "password", "pattern": "^whsec_[A-Za-z0-9+/]+=*$"},
        description="`whsec_` and the base64 of 24 to 64 bytes. Left out: a new one is made.",
    ),
]
Ordered = Annotated[
    bool,
    Field(
        description="Whether a delivery is tried only once those before it have succeeded or died. One that fails "
        "holds up all that follow, for days if need be."
    ),
]


class WebhookEndpointDraft(Schema):
    """An endpoint to make."""

    model_config = example(
        url="https://example.com/hooks/outward",
        event_types=["sla.breached", "commitment.*"],
        description="The account team's board",
    )

    url: Url
    event_types: EventTypes = []
    department_ids: OfDepartments = []
    customer_ids: OfCustomers = []
    description: Text | None = Field(None, examples=["The account team's board"])
    ordered: Ordered = False
    asymmetric: bool = Field(
        False,
        description="Whether deliveries are also signed with an Ed25519 key (`v1a`), for receivers that are not to "
        "hold a secret; its other half is answered as `public_key`.",
    )
    secret: Secret | None = Field(None, repr=False)


class WebhookEndpointChange(Schema):
    """What to change; what is left out stays. Deliveries that wait are tried at the new URL."""

    model_config = example(event_types=["sla.*", "commitment.*"], ordered=True)

    url: Url = left_out()
    event_types: EventTypes = left_out()
    department_ids: OfDepartments = left_out()
    customer_ids: OfCustomers = left_out()
    description: Text | None = None
    ordered: Ordered = left_out()


class Rotation(Schema):
    """The secret to sign with from now on."""

    model_config = example(overlap_seconds=86400)

    secret: Secret | None = Field(None, repr=False)
    overlap_seconds: int = Field(
        86400,
        ge=0,
        le=86400,
        description="For how long deliveries are signed with the present one, too; 0: no longer, as when it leaked.",
    )


class ReplayRequest(Schema):
    """From where on to deliver again."""

    model_config = example(after=0)

    after: int = Field(
        ge=0,
        le=2**63 - 1,
        description="A number of the feed (`sequence`, `next`, or the endpoint's `missed_after`): every event after it "
        "that the endpoint's filters let through is delivered, again if need be.",
    )


class RecoveryRequest(Schema):
    """Since when to try again what failed."""

    model_config = example(since="2026-11-01T00:00:00Z")

    since: Instant = Field(
        description="Every dead delivery made at or after this instant is tried anew.",
        examples=["2026-11-01T00:00:00Z"],
    )


@dataclass(frozen=True, slots=True)
class Replay:
    """Events that are being delivered again: those after the one number of the feed and up to the other."""

    after: int
    until: int


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """Where events are delivered to. How it has been answering, from `failures_in_a_row` on, moves without a new
    `version`."""

    id: Id
    version: int
    url: str
    description: str | None
    event_types: list[str]
    department_ids: list[Id]
    customer_ids: list[Id]
    ordered: bool
    public_key: Annotated[str | None, Field(description="`whpk_…`, with `asymmetric`: verifies `v1a` signatures.")]
    status: Annotated[
        Status,
        Field(
            description="`paused`: deliveries are made and wait. `disabled`: none are made any more, and those that "
            "wait go on when it is enabled."
        ),
    ]
    disabled_because: Annotated[
        Reason | None,
        Field(description="`gone`: it answered 410. `failing`: nothing succeeded for five days."),
    ]
    disabled_at: Instant | None
    missed_after: Annotated[
        int | None,
        Field(
            description="When it was last disabled, or before what waited too long and was given up, the feed had got "
            "to this number: `replay` with it delivers what was missed since."
        ),
    ]
    previous_secret_until: Annotated[
        Instant | None, Field(description="Until then deliveries are signed with the secret of before, too.")
    ]
    replay: Annotated[Replay | None, Field(description="What is still to be delivered again, if anything.")]
    failures_in_a_row: int
    failing_since: Instant | None
    last_success_at: Instant | None
    closed_until: Annotated[
        Instant | None,
        Field(
            description="After repeated failures nothing is sent until then, and from then on one delivery at a time "
            "until one succeeds."
        ),
    ]
    pending: Annotated[int, Field(description=f"How many deliveries wait; {MOST_PENDING}: that many or more.")]
    created_at: Instant
    updated_at: Instant

    def told(self) -> "WebhookEndpoint":
        """As events tell of it: whoever reads the feed sees them, and what follows the host in a URL may be a token."""
        parts = urlsplit(self.url)
        return replace(self, url=f"{parts.scheme}://{parts.netloc}/…")


@dataclass(frozen=True, slots=True)
class NewWebhookEndpoint(WebhookEndpoint):
    """An endpoint with its secret, which is shown this once."""

    secret: Annotated[str, Field(description="`whsec_…`: what deliveries are signed with.")] = field(repr=False)


class WebhookEndpointListing(Listing):
    """The query of the list of endpoints."""

    sort: str | None = sorted_by("url")
    status: Status | None = None
    disabled_because: Reason | None = None
    ordered: bool | None = Field(None, description="Whether they get their deliveries in order.")
    url: str | None = Field(None, max_length=LONGEST_URL, description="Exactly this URL.")
    event_type: str | None = Field(None, max_length=100, description="Those whose patterns let this type through.")
    department_id: Id | None = Field(None, description="Those that name this department.")
    customer_id: Id | None = Field(None, description="Those that name this customer.")
