"""Scorecards on the wire."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from app.kernel.reports import SpanQuery
from app.kernel.schemas import Id, Instant, Schema, example
from app.ripple.engine.totals import Amount
from app.scorecards.measures import LEAST_PERSONS, LEAST_TICKETS, Better, MeasureName, Unit
from app.worth.worth_schemas import WorthFigures


@dataclass(frozen=True, slots=True)
class MeasureGroup:
    """What tells a row apart."""

    measure: MeasureName


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of a scorecard."""

    group: MeasureGroup
    unit: Annotated[
        Unit,
        Field(description="A `score` is 1 (badly) to 5 (very well), `per_ticket` a number for each ticket."),
    ]
    better: Annotated[Better | None, Field(description="Which way is better; null: neither is by itself.")]
    value: Annotated[float | None, Field(description="Null where there was nothing to measure.")]
    low: Annotated[float | None, Field(description="With `high` the 95 % interval of a share, and of the mean score.")]
    high: float | None
    count: Annotated[int | None, Field(description="What was counted: `value` is `count / of`.")]
    of: Annotated[int | None, Field(description="Out of how many: decisions, tickets, answers, seconds.")]
    previous: Annotated[float | None, Field(description="The same in the period of equal length just before.")]
    change: Annotated[float | None, Field(description="`value` less `previous`.")]
    median: Annotated[float | None, Field(description="The company's: that of all with such a value.")]
    over: Annotated[int, Field(description="How many the median is of.")]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whom the medians are of, or why there are none."""

    among: Literal["departments", "members"]
    compared: bool
    over: Annotated[int, Field(description="How many can be compared.")]
    least_tickets: Annotated[
        int | None,
        Field(description=f"Members only: with fewer tickets in the period nobody is compared. {LEAST_TICKETS}."),
    ]
    why_not: Annotated[str | None, Field(description="Why nothing is compared, in a sentence.")]


@dataclass(frozen=True, slots=True)
class Delayed:
    """Promises delivered in the period that were late with a share of the one whose scorecard it is, and what stood
    behind them: as `commitments_delayed` and `value_touched` of `/v1/metrics/ripple`."""

    commitments: int
    value: list[Amount]


@dataclass(frozen=True, slots=True)
class Scored:
    """Whose scorecard it is: a department by its key, or a member by their address."""

    type: Literal["department", "member"]
    id: Id
    key: str
    name: str
    department_ids: Annotated[list[Id], Field(description="The department itself; those of a member.")]


@dataclass(frozen=True, slots=True)
class ScoredTotals:
    """What holds for the whole period."""

    tickets: Annotated[int, Field(description="Opened in the period, and held by the one it is of.")]
    sentence: Annotated[str, Field(description="Of what was overrun or let wait, how much did customers feel?")]
    delayed: Delayed
    worth: Annotated[WorthFigures, Field(description="What the work is worth to customers, as `/v1/metrics/worth`.")]
    awaiting_analysis: Annotated[
        int, Field(description="Commitments delivered in the period whose analysis is yet to be stored.")
    ]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What a department, or a member, did for others in a period, and what customers felt of it: a report by measure,
    with whose it is, and whom the medians are of."""

    of: Scored
    from_: Annotated[Instant, Field(alias="from", serialization_alias="from")]
    to: Instant
    previous_from: Annotated[Instant, Field(description="The period before begins here, and ends at `from`.")]
    group_by: list[Literal["measure"]]
    rows: list[Measure]
    totals: ScoredTotals
    comparison: Comparison

    def document(self) -> dict[str, object]:
        """As JSON has it."""
        told: dict[str, object] = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {{"from_": "from"}.get(name, name): value for name, value in told.items()}


class ScorecardQuery(SpanQuery):
    """The period of a scorecard."""


class PageDraft(Schema):
    """The period of the page; the last 30 days, if left out."""

    model_config = example(**{"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"})

    from_: Instant | None = Field(None, alias="from", description="The first instant.")
    to: Instant | None = Field(None, description="The instant just after the last.")


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page that a browser can open without a key, until it expires."""

    url: Annotated[str, Field(examples=["/scorecards/page?link=AbC…"], description="Relative to this service.")]
    expires_at: Instant


NOT_ENOUGH_TICKETS = (
    f"Nobody with fewer than {LEAST_TICKETS} tickets in the period is compared with others: chance would speak louder."
)
NOT_ENOUGH_PERSONS = (
    f"Fewer than {LEAST_PERSONS} members have {LEAST_TICKETS} tickets each in the period: a median would tell how "
    "single ones did."
)
