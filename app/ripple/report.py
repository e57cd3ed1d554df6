"""The ripple report: the engine over every commitment of a period, added up by group."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.customers.tables import customers
from app.kernel.reports import TIMES, Period, Report, Row, parts
from app.kernel.work import Work
from app.ripple import queries
from app.ripple.assessing import assess
from app.ripple.computing import compute
from app.ripple.loading import History, StoredCommitment, StoredHistories, load
from app.ripple.schemas import RippleQuery, RippleTotals, UnfitPromises
from app.ripple.totals import Aggregation, Assessed, Place, RippleFigures

Group: TypeAlias = tuple[Any, ...]
"""What tells a group apart: a value for each dimension, departments by their keys."""

_ANALYSED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Named:
    """Something with an identity, as reports tell it."""

    id: UUID | None
    key: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """What reports name: departments by key, and the keys, request types and SLAs by id."""

    departments: Mapping[str, Named]
    department_keys: Mapping[UUID, str]
    request_types: Mapping[UUID, Named]
    slas: Mapping[UUID, str]


async def ripple_report(work: Work, asked: RippleQuery) -> Report[RippleFigures, RippleTotals]:
    """The report that is asked for, in at most eight statements."""
    period, filters = asked.period(work.now), asked.filters()
    stored = await load(work.connection, *_conditions(asked, period))
    names = await names_of(work.connection)
    dimensions = parts(asked.dimensions)
    grouping = _Grouping(dimensions, {each.id: each for each in stored.commitments}, names, period.now)
    aggregation = Aggregation(grouping.group_of, _counted(filters, names))
    await _add_all(aggregation, stored, work.now)
    rows = sorted(aggregation.rows().items(), key=lambda item: _order(dimensions, *item))
    return Report(
        period=period,
        group_by=asked.dimensions,
        figures=RippleFigures,
        rows=[Row(grouping.fields(group), figures) for group, figures in rows],
        totals=_totals(aggregation, names),
    )


def _conditions(asked: RippleQuery, period: Period) -> Iterator[ColumnElement[bool]]:
    if asked.status == "open":
        yield commitments.c.status == "open"
    else:
        yield commitments.c.delivered_at >= period.start
        yield commitments.c.delivered_at < period.before
    if asked.customer_id is not None:
        yield commitments.c.customer_id == asked.customer_id
    if asked.customer_tier is not None:
        yield customers.c.tier == asked.customer_tier
    if asked.source is not None:
        yield commitments.c.source == asked.source


def _counted(filters: Mapping[str, Any], names: Names) -> Callable[[Place], bool] | None:
    """Which places count by the filters that tell tickets apart; None when none is stated."""
    wanted_departments = {
        side: names.department_keys.get(filters[name])
        for side, name in (
            ("party", "department_id"),
            ("requester", "requester_department_id"),
            ("provider", "provider_department_id"),
        )
        if name in filters
    }
    wanted_kinds = {name: filters[name] for name in ("request_type_id", "priority") if name in filters}
    if not wanted_departments and not wanted_kinds:
        return None

    def counted(place: Place) -> bool:
        for side, key in wanted_departments.items():
            if key is None or getattr(place, side) != key:
                return False
        return all(
            place.kind is not None and getattr(place.kind, name) == value for name, value in wanted_kinds.items()
        )

    return counted


async def names_of(connection: AsyncConnection) -> Names:
    """All names, in three statements."""
    departments = (await connection.execute(queries.DEPARTMENTS)).all()
    request_types = await connection.execute(queries.REQUEST_TYPES)
    slas = await connection.execute(queries.SLAS)
    return Names(
        departments={row.key: Named(row.id, row.key, row.name) for row in departments},
        department_keys={row.id: row.key for row in departments},
        request_types={row.id: Named(row.id, row.key, row.name) for row in request_types},
        slas={row.id: row.name for row in slas},
    )


async def _add_all(aggregation: Aggregation[Group], stored: StoredHistories, now: datetime) -> None:
    """Analyses and adds up in small parts, so that other analyses get their turn."""
    histories = iter(stored)
    while await compute(_add_some, aggregation, histories, now):
        pass


def _add_some(aggregation: Aggregation[Group], histories: Iterator[History], now: datetime) -> bool:
    some = list(islice(histories, _ANALYSED_AT_ONCE))
    for history in some:
        aggregation.add(assess(history, now))
    return bool(some)


class _Grouping:
    """Which group an entry belongs to, and how the group is told."""

    def __init__(
        self, dimensions: Iterable[str], stored: Mapping[UUID, StoredCommitment], names: Names, now: datetime
    ) -> None:
        self._dimensions = tuple(dimensions)
        self._stored = stored
        self._names = names
        self._now = now
        self._customers = {
            each.customer: Named(each.customer_id, each.customer, each.customer_name) for each in stored.values()
        }

    def group_of(self, assessed: Assessed, place: Place) -> Group:
        commitment = self._stored[assessed.commitment_id]
        return tuple(self._value(name, commitment, place) for name in self._dimensions)

    def _value(self, dimension: str, commitment: StoredCommitment, place: Place) -> Any:
        if dimension == "department":
            return place.party
        if dimension in ("requester", "provider"):
            return getattr(place, dimension)
        if dimension in ("customer", "customer_tier"):
            return getattr(commitment, dimension)
        if dimension in TIMES:
            return _first_day(dimension, (commitment.delivered_at or self._now).date())
        if place.kind is None:
            return None
        return place.kind.request_type_id if dimension == "request_type" else place.kind.priority

    def fields(self, group: Group) -> dict[str, Any]:
        """The fields that tell the group, as `app.kernel.reports.group_fields` names them."""
        told: dict[str, Any] = {}
        for name, value in zip(self._dimensions, group, strict=True):
            if name in ("department", "requester", "provider"):
                told |= identity(name, value, self._names.departments)
            elif name == "customer":
                told |= identity(name, value, self._customers)
            elif name == "request_type":
                told |= identity(name, value, self._names.request_types)
            else:
                told[name] = value
        return told


def identity(dimension: str, value: Any, named: Mapping[Any, Named]) -> dict[str, Any]:
    """Of what is in no directory, a customer or a third party, there is only a key."""
    found = named.get(value) or Named(None, value, None)
    return {dimension: found.key, f"{dimension}_id": found.id, f"{dimension}_name": found.name}


def _first_day(stretch: str, day: date) -> date:
    if stretch == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if stretch == "week" else day


def _order(dimensions: tuple[str, ...], group: Group, figures: RippleFigures) -> tuple[Any, ...]:
    """By time, then whoever reached customers most, then by name."""
    named = list(zip(dimensions, group, strict=True))
    times = tuple(value for name, value in named if name in TIMES)
    others = tuple((value is None, str(value)) for name, value in named if name not in TIMES)
    return (times, -figures.outward_seconds, -figures.delay_seconds, others)


def _totals(aggregation: Aggregation[Group], names: Names) -> RippleTotals:
    figures, sums = aggregation.figures(), aggregation.sums()
    return RippleTotals(
        **{field.name: getattr(figures, field.name) for field in fields(figures)},
        commitments=sums.commitments,
        delivered=sums.delivered,
        late=sums.late,
        lateness_seconds=sums.lateness_seconds,
        plan_seconds=sums.plan_seconds,
        unpromised_seconds=sums.unpromised_seconds,
        promises_impossible=sums.promises_impossible,
        promises_that_do_not_fit=[
            UnfitPromises(
                sla_id=unfit.sla_id,
                sla_name=_name(names.slas, unfit.sla_id),
                blocker_sla_id=unfit.blocker_sla_id,
                blocker_sla_name=_name(names.slas, unfit.blocker_sla_id),
                promises=unfit.promises,
            )
            for unfit in sums.unfit
        ],
        delay_multiplier=sums.delay_multiplier,
    )


def _name(names: Mapping[UUID, str], id_: UUID | None) -> str | None:
    return None if id_ is None else names[id_]
