"""The story of a commitment on the wire: its sentences, and the timeline they are about."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from app.kernel.schemas import Id, Instant
from app.ripple.schemas import SegmentAnswer
from app.ripple.story.telling import Kind


@dataclass(frozen=True, slots=True)
class StoryAbout:
    """Whom or what a sentence is about: `id` is the commitment's or a ticket's, `key` a department's; `others` are
    those that are only told together."""

    type: Literal["commitment", "department", "ticket", "customer", "third_party", "others"]
    id: Id | None
    key: Annotated[str | None, Field(examples=["FIN"])]


@dataclass(frozen=True, slots=True)
class StoryFigure:
    """A number of seconds, and the words in which the sentence states it: days of 24 hours, rounded.

    `share`, `standard_error`, `but_for`, `lateness`, `plan`, `unpromised`, `overrun`, `reactionary` and `elapsed` are
    those of the commitment's ripple. `queue`, `work`, `requester`, `customer`, `third_party` and `unticketed` are parts
    of its segments; with `meanwhile_` before it, time beside them. `concurrent`: of a share, what mending this party
    alone would not have saved. `primary` and `kept_waiting`: a department's delay, `absorbed` what of it nobody felt.
    `impossible`: by how much the promise was too short. `left`: until it was due. In the sentence on the elapsed time
    `department` is the time with one, `elsewhere` the rest.
    """

    name: Annotated[str, Field(examples=["queue"])]
    seconds: Annotated[int, Field(examples=[129_600])]
    text: Annotated[str, Field(examples=["1.5 d"])]
    ticket_id: Id | None
    department: Annotated[str | None, Field(examples=["FIN"])]


@dataclass(frozen=True, slots=True)
class StorySentence:
    """A sentence and what backs it. `seconds` is what it comes down to (null: it counts none), `figures` are all that
    it states, in the order of the text, `ticket_ids` the tickets it is about.

    `share`: how much of the lateness came from a party, and how; `concurrent`, `together`: what mending that party
    alone would not, or would have saved, where that is not its share; `plan`: what the promise itself cost;
    `impossible`: it could not be kept; `inherited`: a ticket overran through no doing of its own; `absorbed`: delay
    that the customer did not feel; `kept`: no service level was overrun; `waiting_now`: whom an open commitment waits
    for; `elapsed`: whom the customer waited for, all of the time.
    """

    kind: Kind
    text: Annotated[str, Field(examples=["2 d of the 3 d came from Finance: T-17 waited 1.5 d unacknowledged."])]
    about: StoryAbout
    seconds: Annotated[int | None, Field(examples=[172_800])]
    figures: list[StoryFigure]
    ticket_ids: list[Id]


@dataclass(frozen=True, slots=True)
class TimelineLeg:
    """The stretch of a ticket's life with one department."""

    department: str
    from_: Annotated[Instant, Field(serialization_alias="from")]
    to: Instant
    acknowledged_at: Instant | None


@dataclass(frozen=True, slots=True)
class TimelineWait:
    """A stretch in which the ticket waited for somebody, until the next wait at most."""

    on: Literal["requester", "customer", "third_party"]
    from_: Annotated[Instant, Field(serialization_alias="from")]
    to: Instant


@dataclass(frozen=True, slots=True)
class TimelineTicket:
    """A ticket's life; while it is open, or was when the commitment ended, `ended_at` is that instant.

    `depth` is 1 for what the commitment asked for, 2 for what that waited for, and so on. `raised_by` is the ticket for
    whose sake it was opened (null: the commitment, or nobody here). `driving`: what it blocks waited for it. `on_path`:
    the customer did, for `on_path_seconds`.
    """

    ticket_id: Id
    number: Annotated[int, Field(examples=[17])]
    title: str
    requester: Annotated[str, Field(description="The department's key.", examples=["OPS"])]
    provider: Annotated[str, Field(description="The department's key.", examples=["FIN"])]
    opened_at: Instant
    ended_at: Instant
    due_at: Instant | None
    resolved: bool
    depth: int
    raised_by: Id | None
    driving: bool
    on_path: bool
    on_path_seconds: int
    overrun_seconds: int
    legs: list[TimelineLeg]
    waits: list[TimelineWait]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a drawing needs. `from` and `to` bound everything, also the due time and tickets that outlast the
    commitment; each ticket comes after the one it was asked for."""

    from_: Annotated[Instant, Field(serialization_alias="from")]
    to: Instant
    promised_at: Instant
    due_at: Instant
    ended_at: Instant
    delivered: bool
    tickets: list[TimelineTicket]


@dataclass(frozen=True, slots=True)
class CommitmentStory:
    """Why a commitment was late, or was not, in sentences backed by figures; departments by key.

    What `share` and `plan` sentences come down to adds up to the lateness. `path` is whom the customer was waiting for,
    second by second. `as_of` is the delivery or cancellation, while the commitment is open now.
    """

    commitment_id: Id
    customer_id: Id
    as_of: Instant
    engine_version: str
    status: Literal["open", "delivered", "cancelled"]
    headline: StorySentence
    sentences: list[StorySentence]
    departments: Annotated[
        dict[str, str], Field(description="The names of the departments, by key.", examples=[{"FIN": "Finance"}])
    ]
    timeline: Timeline
    path: list[SegmentAnswer]
