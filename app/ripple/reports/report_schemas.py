"""What the reports beside the ripple report are asked, and what they answer."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from app.kernel.reports import PeriodQuery
from app.kernel.schemas import Id, Instant
from app.ripple.reports.flowing import FlowLink, NodeKind

MOST_CAUSES = 100
MOST_CUSTOMERS = 100


class FlowQuery(PeriodQuery):
    """The query of the flow of delays."""

    customers: int = Field(
        10, ge=0, le=MOST_CUSTOMERS, description="How many customers have a node of their own: those who felt most."
    )
    framing: ClassVar[frozenset[str]] = PeriodQuery.framing | {"customers"}


class CausesQuery(PeriodQuery):
    """The query of the causes."""

    of: Literal["lateness", "absorbed"] = Field(
        "lateness",
        description="`lateness`: by the seconds that customers felt. `absorbed`: by those that no customer felt.",
    )
    limit: int = Field(10, ge=1, le=MOST_CAUSES, description="How many causes: those that cost most.")
    framing: ClassVar[frozenset[str]] = PeriodQuery.framing | {"of", "limit"}


class ScorecardQuery(PeriodQuery):
    """The query of the scorecard."""


@dataclass(frozen=True, slots=True)
class CauseExample:
    """A commitment, and how many of the cause's seconds are its."""

    commitment_id: Id
    title: str
    seconds: int


@dataclass(frozen=True, slots=True)
class CauseFigures:
    """What a cause cost: `seconds` are those it is ranked by, `share` of what all causes cost together. `tickets` were
    asked that way in all. The examples are the commitments with most of its seconds."""

    seconds: int
    share: float
    delay_seconds: int
    outward_seconds: int
    absorbed_seconds: int
    tickets: int
    commitments_delayed: int
    customers_reached: int
    examples: list[CauseExample]


@dataclass(frozen=True, slots=True)
class CauseTotals:
    """Of all causes, also those that are not told; and the lateness of the commitments, with its plan."""

    seconds: int
    delay_seconds: int
    outward_seconds: int
    absorbed_seconds: int
    commitments: int
    late: int
    lateness_seconds: int
    plan_seconds: int
    awaiting_analysis: int


@dataclass(frozen=True, slots=True)
class ScorecardTotals:
    """Over all departments."""

    delay_seconds: int
    outward_seconds: int
    transmission: float | None
    absorbed_seconds: int
    awaiting_analysis: int


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """A `delaying` or `delayed` department (its key, id and name; `customer` and `third_party` delay, too), a
    `customer`, `other_customers` together, or the `plan`: promises tighter than those beneath them."""

    id: str
    kind: NodeKind
    key: str | None
    party_id: Id | None
    name: str | None


@dataclass(frozen=True, slots=True)
class RippleFlowTotals:
    """What flows in all: what customers felt and the plan are the lateness, unless a filter leaves out a part of it."""

    commitments: int
    lateness_seconds: int
    plan_seconds: int
    outward_seconds: int
    passed_on_seconds: int
    awaiting_analysis: int


@dataclass(frozen=True, slots=True)
class FlowAnswer:
    """Nodes and links, ready for a picture."""

    from_: Annotated[Instant, Field(serialization_alias="from")]
    to: Instant
    nodes: list[NodeAnswer]
    links: list[FlowLink]
    totals: RippleFlowTotals

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"from": self.from_, "to": self.to, "nodes": self.nodes, "links": self.links, "totals": self.totals}
