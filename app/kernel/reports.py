"""The frame of every report: what may be asked, and the answer as JSON or as CSV.

A report counts what happened in a period, `from` inclusive to `to` exclusive, by the groups that were asked for. In its
rows each group is told by flat fields: `priority`, `customer_tier`, and the first day of a `day`, `week` or `month` by
their value; what has an identity by three, such as `provider` (its key), `provider_id` and `provider_name`, or, without
a key, by `sla_id` and `sla_name`. Compared with the period before, each row and the totals have its figures as
`previous`.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar, Generic, Literal, TypeVar, get_type_hints

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator

from app.kernel.answers import answer, to_json
from app.kernel.problems import Invalid
from app.kernel.schemas import EARLIEST, Id, Instant

Figures = TypeVar("Figures")
Totals = TypeVar("Totals")

IDENTIFIED = ("department", "holder", "owner", "requester", "provider", "request_type", "customer", "assignee")
"""The groups that are things with an id, a key and a name."""
NAMED = ("sla", "objective")
"""The groups that are things with an id and a name."""
TIMES = ("day", "week", "month")
"""The groups that are stretches of time, told by their first day: each report says in which time zone."""
DIMENSIONS = (
    "department",
    "requester",
    "provider",
    "edge",
    "request_type",
    "priority",
    "customer",
    "customer_tier",
    *TIMES,
)
"""What reports group by; an `edge` is a requester with a provider."""
MOST_DIMENSIONS = 3
MOST_ROWS = 50_000
DEFAULT_DAYS = 30

_CSV_TYPE = "text/csv"
_ONE_SECOND = timedelta(seconds=1)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Period:
    """The time a report is about, `start` inclusive to `end` exclusive, asked at `now`. All in whole seconds."""

    start: datetime
    end: datetime
    now: datetime

    @property
    def until(self) -> datetime:
        """Up to when what still lasts is measured: the end, but not after now."""
        return min(self.end, self.now)

    @property
    def before(self) -> datetime:
        """Before when something must have happened to be counted: the end, or the second after now."""
        return min(self.end, self.now + _ONE_SECOND)

    @property
    def previous(self) -> "Period":
        """The one of equal length just before."""
        return Period(self.start - (self.end - self.start), self.start, self.now)


def grouped_by(default: str, allowed: Sequence[str] = DIMENSIONS) -> Any:
    """The field `group_by` of a report's query."""
    one = f"({'|'.join(allowed)})"
    return Field(
        default,
        max_length=200,
        description=f"Up to {MOST_DIMENSIONS} of {', '.join(f'`{name}`' for name in allowed)}, separated by commas.",
        json_schema_extra={"pattern": f"^{one}(,{one}){{0,{MOST_DIMENSIONS - 1}}}$"},
    )


class SpanQuery(BaseModel):
    """What whatever tells of a period may be asked: which one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Instant | None = Field(
        None, alias="from", description=f"The first instant; {DEFAULT_DAYS} days before `to`, if left out."
    )
    to: Instant | None = Field(
        None, description="The instant just after the last; just after now, if left out, so that this second counts."
    )

    def period(self, now: datetime) -> Period:
        """The period that is asked about.

        Raises:
            Invalid: it ends before it begins.
        """
        end = self.to or now + _ONE_SECOND
        start = self.from_ or max(EARLIEST, end - timedelta(days=DEFAULT_DAYS))
        if start > end:
            raise Invalid.field("?from", "must not lie after `to`, nor in the future when `to` is left out.")
        return Period(start, end, now)


class PeriodQuery(SpanQuery):
    """What every report may be asked: a period, and conditions. One that takes more than conditions states `framing`:
    the fields that are none."""

    framing: ClassVar[frozenset[str]] = frozenset(("from_", "to", "group_by"))

    department_id: Id | None = Field(None, description="Only what this department did.")
    requester_department_id: Id | None = Field(None, description="Only what this department asked for.")
    provider_department_id: Id | None = Field(None, description="Only what this department was asked for.")
    request_type_id: Id | None = None
    priority: Literal["p1", "p2", "p3", "p4"] | None = None
    customer_id: Id | None = None
    customer_tier: str | None = Field(None, max_length=200)
    source: str | None = Field(None, max_length=200, description="Only what came from this tool.")

    def filters(self) -> dict[str, Any]:
        """The other conditions that were stated, with the values they must have."""
        return {
            name: value
            for name in sorted(self.model_fields_set - self.framing)
            if (value := getattr(self, name)) is not None
        }


class ReportQuery(PeriodQuery):
    """The query of a report by groups. One that groups by other things states `allowed` and `group_by` anew."""

    allowed: ClassVar[Sequence[str]] = DIMENSIONS

    group_by: str = grouped_by("department")

    @field_validator("group_by")
    @classmethod
    def _among_the_allowed(cls, value: str) -> str:
        names = value.split(",")
        if len(names) > MOST_DIMENSIONS or not set(names) <= set(cls.allowed):
            raise ValueError(f"must be up to {MOST_DIMENSIONS} of {', '.join(cls.allowed)}, separated by commas")
        return value

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What to group by, each once, in the order asked."""
        return tuple(dict.fromkeys(self.group_by.split(",")))


def parts(dimensions: Iterable[str]) -> tuple[str, ...]:
    """The dimensions with each edge as its two ends."""
    ends = (("requester", "provider") if name == "edge" else (name,) for name in dimensions)
    return tuple(dict.fromkeys(name for both in ends for name in both))


def group_fields(dimensions: Iterable[str]) -> tuple[str, ...]:
    """The fields that tell a group of these dimensions."""
    return tuple(field for name in parts(dimensions) for field in _told_by(name))


def _told_by(name: str) -> tuple[str, ...]:
    identity = (f"{name}_id", f"{name}_name")
    return (name, *identity) if name in IDENTIFIED else identity if name in NAMED else (name,)


@dataclass(frozen=True, slots=True)
class Row(Generic[Figures]):
    """One group and its figures; `group` has the fields of `group_fields`. `previous` are those of the period before,
    if the group was there."""

    group: Mapping[str, Any]
    figures: Figures
    previous: Figures | None = None


@dataclass(frozen=True, slots=True)
class Report(Generic[Figures, Totals]):
    """An answered report. `figures` is the dataclass of the rows' figures: the columns, also when there is no row.

    A figure that is itself a dataclass is an object in JSON and several columns in CSV. With `previous_totals` it is
    compared with the period before.
    """

    period: Period
    group_by: Sequence[str]
    figures: type[Figures]
    rows: Sequence[Row[Figures]]
    totals: Totals
    previous_totals: Totals | None = None

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        compared = self.previous_totals is not None
        return {
            "from": self.period.start,
            "to": self.period.end,
            "group_by": self.group_by,
            "rows": [
                {"group": row.group, **fields_of(row.figures), **({"previous": row.previous} if compared else {})}
                for row in self.rows
            ],
            "totals": {**fields_of(self.totals), "previous": self.previous_totals} if compared else self.totals,
        }

    def csv(self) -> str:
        """The rows as CSV (RFC 4180) beneath their header: the group's fields first. Totals are not among them."""
        text = io.StringIO()
        writer = csv.writer(text)
        group, figures = group_fields(self.group_by), _columns(self.figures)
        previous = [] if self.previous_totals is None else figures
        writer.writerow(
            [*group, *("_".join(path) for path in figures), *("_".join(("previous", *p)) for p in previous)]
        )
        for row in self.rows:
            cells = [row.group[name] for name in group] + [_reached(row.figures, path) for path in figures]
            cells += [_reached(row.previous, path) for path in previous]
            writer.writerow([_cell(value) for value in cells])
        return text.getvalue()


def fields_of(figures: Any) -> dict[str, Any]:
    """The fields of a dataclass, by name."""
    names, values = _getter_of(figures.__class__)
    return dict(zip(names, values(figures), strict=True))


@cache
def _getter_of(figures: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    names = tuple(field.name for field in fields(figures))
    # Of one name it would get the value itself.
    return names, attrgetter(*names) if len(names) > 1 else lambda each: tuple(getattr(each, name) for name in names)


def rows_answer(request: Request, document: Any, kind: type[Any], rows: Sequence[Any]) -> Response:
    """A report whose rows are dataclasses of one kind, without groups, as the request accepts it."""
    headers = {"Vary": "Accept"}
    if not prefers_csv(request):
        return answer(document, headers=headers)
    text = io.StringIO()
    writer, columns = csv.writer(text), _columns(kind)
    writer.writerow("_".join(path) for path in columns)
    writer.writerows([_cell(_reached(row, path)) for path in columns] for row in rows)
    return Response(text.getvalue(), headers=headers, media_type=_CSV_TYPE)


def csv_example(kind: type[Any]) -> dict[int | str, dict[str, Any]]:
    """What the route of such a report says of its CSV."""
    header = ",".join("_".join(path) for path in _columns(kind))
    return {200: {"content": {_CSV_TYPE: {"schema": {"type": "string"}, "example": f"{header}\r\n"}}}}


def _columns(figures: Any) -> list[tuple[str, ...]]:
    columns: list[tuple[str, ...]] = []
    for name, kind in get_type_hints(figures).items():
        columns += [(name, *inner) for inner in _columns(kind)] if is_dataclass(kind) else [(name,)]
    return columns


def _reached(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = None if value is None else getattr(value, name)
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        # A spreadsheet would run it as a formula (OWASP, CSV injection).
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, bool | datetime | date | list | dict):
        return to_json(value).decode().strip('"')
    return str(value)


def check_size(rows: int, most: int = MOST_ROWS) -> None:
    """That a report is not too large to be answered.

    Raises:
        Invalid: it has more rows than that.
    """
    if rows > most:
        raise Invalid.field("?group_by", f"gives more than {most:,} rows: ask about less, or in larger groups.")


def report_answer(request: Request, report: Report[Any, Any]) -> Response:
    """The report as the request accepts it: as JSON, unless it prefers CSV.

    Raises:
        Invalid: it has more than `MOST_ROWS` rows.
    """
    check_size(len(report.rows))
    headers = {"Vary": "Accept"}
    if prefers_csv(request):
        return Response(report.csv(), headers=headers, media_type=_CSV_TYPE)
    return answer(report.document(), headers=headers)


def prefers_csv(request: Request) -> bool:
    """Whether the request would rather have CSV than JSON."""
    return prefers(request, _CSV_TYPE)


def prefers(request: Request, media: str) -> bool:
    """Whether the request would rather have this type than JSON."""
    ranges = [_media_range(stated) for stated in request.headers.get("accept", "").lower().split(",")]
    return _preference(ranges, media) > _preference(ranges, "application/json")


def _media_range(stated: str) -> tuple[str, float]:
    media, *parameters = (part.strip() for part in stated.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return media, float(parameter[2:])
            except ValueError:
                return media, 0.0
    return media, 1.0


def _preference(ranges: Iterable[tuple[str, float]], media: str) -> tuple[float, int]:
    """How much it is wanted, then how exactly it was named; the most exact naming says how much."""
    wildcards = ("*/*", f"{media.split('/', maxsplit=1)[0]}/*", media)
    exactness, quality = max(
        ((wildcards.index(stated), quality) for stated, quality in ranges if stated in wildcards), default=(-1, 0.0)
    )
    return (quality, exactness) if quality > 0 else (0.0, -1)


def reported(
    name: str,
    figures: type[Any],
    totals: type[Any] | None = None,
    *,
    compared: bool = False,
    group: Mapping[str, str | int] | None = None,
) -> dict[str, Any]:
    """What the route of a report says about its answer: the model of its JSON, and that it has CSV too.

    `figures` and `totals` (left out: the same) are dataclasses; `group` is an example of what tells a group apart.
    """
    example: Mapping[str, Any] = group or _GROUP_EXAMPLE
    told: Any = dict[str, str | int | None] if group else dict[str, str | None]
    over_all: Any = totals or figures
    row = create_model(
        f"{name}Row",
        group=(told, Field(description="What tells the group apart.", examples=[example])),
        **_model_fields(figures),
        **(_previous(figures, "The group's in the period before; null if it was not there then.") if compared else {}),
    )
    if compared:
        over_all = create_model(
            f"{name}Totals", **_model_fields(over_all), **_previous(over_all, "In the period before.")
        )
    model = create_model(
        f"{name}Report",
        from_=(Instant, Field(alias="from")),
        to=(Instant, ...),
        group_by=(list[str], ...),
        rows=(list[row], ...),
        totals=(over_all, Field(description="The same over all groups: each ticket or clock counts once.")),
    )
    lines = ",".join((*example, *("_".join(path) for path in _columns(figures)))) + "\r\n"
    content = {_CSV_TYPE: {"schema": {"type": "string"}, "example": lines}}
    return {"response_model": model, "responses": {200: {"content": content}}}


def _model_fields(figures: type[Any]) -> dict[str, Any]:
    return {name: (kind, ...) for name, kind in get_type_hints(figures, include_extras=True).items()}


def _previous(figures: type[Any], described: str) -> dict[str, Any]:
    return {"previous": (figures | None, Field(None, description=f"{described} Only with `compare`."))}


_GROUP_EXAMPLE = {
    "department": "FIN",
    "department_id": "0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b",
    "department_name": "Finance",
}
