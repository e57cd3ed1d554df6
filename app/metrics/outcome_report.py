"""The report on outcomes: what customers lived through by group, and how that goes together with what they did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from itertools import product
from typing import Any, Final, TypeAlias

from app.kernel.reports import IDENTIFIED, TIMES, Report, Row, parts
from app.kernel.work import Work
from app.metrics.experience import BUCKETS, Experience, comparisons
from app.metrics.outcome_queries import GROUPED_BY, experiences
from app.metrics.outcome_schemas import CAUTION, OutcomeCorrelation, OutcomeFigures, OutcomesQuery, OutcomeTotals
from app.ripple.computing import compute
from app.ripple.naming import Named, identity, names_of

Group: TypeAlias = tuple[Any, ...]
"""What tells a group apart: a value for each dimension, a customer by its external reference, others by their ids."""

_Names: TypeAlias = Mapping[str, Mapping[str, Named]]
_NO_NAMES: Final[_Names] = {}
_IDENTIFIED: Final = frozenset(IDENTIFIED)


async def outcomes_report(work: Work, asked: OutcomesQuery) -> Report[OutcomeFigures, OutcomeTotals]:
    """The report that is asked for, in one statement; by what customers have several groups of, in at most three."""
    period, filters = asked.period(work.now), asked.filters()
    stated = {"start": period.start, "until": period.until, "before": period.before, **filters}
    lived = by_group = await _lived(work, (), stated, tuple(filters))
    several = tuple(name for name in parts(asked.dimensions) if name in GROUPED_BY)
    names = _NO_NAMES
    if several:
        by_group = await _lived(work, several, stated, tuple(filters))
        names = await _names(work) if _IDENTIFIED & set(several) else names
    rows = await compute(_rows, by_group, parts(asked.dimensions), names)
    return Report(period, asked.dimensions, OutcomeFigures, rows, await compute(_totals, lived))


async def _lived(
    work: Work, several: tuple[str, ...], stated: Mapping[str, Any], filters: tuple[str, ...]
) -> list[Experience]:
    """What customers lived through; where they may have several groups, what they did in each."""
    read = (await work.connection.execute(experiences(filters, several), stated)).mappings()
    return [
        Experience(
            **{name: value for name, value in row.items() if not name.startswith("by_")},
            groups={name: row[f"by_{name}"] or None for name in several},
        )
        for row in read
    ]


async def _names(work: Work) -> _Names:
    """Departments and request types, by dimension and then by id."""
    found = await names_of(work.connection)
    departments = {str(id_): found.departments[key] for id_, key in found.department_keys.items()}
    types = {str(id_): named for id_, named in found.request_types.items()}
    return {"department": departments, "provider": departments, "requester": departments, "request_type": types}


def _rows(lived: Sequence[Experience], dimensions: Sequence[str], names: _Names) -> list[Row[OutcomeFigures]]:
    """By lateness and friction alone every group has a row, though nobody is in it."""
    groups: dict[Group, list[Experience]] = {}
    if BUCKETS.keys() >= set(dimensions):
        groups = {group: [] for group in product(*(BUCKETS[name] for name in dimensions))}
    for each in lived:
        groups.setdefault(tuple(_place(each, name) for name in dimensions), []).append(each)
    ordered = sorted(groups.items(), key=lambda item: _order(dimensions, item[0], names))
    return [Row(_told(dimensions, group, those, names), _figures(those)) for group, those in ordered]


def _place(lived: Experience, dimension: str) -> str | None:
    if dimension in BUCKETS:
        return lived.bucket(dimension)
    if dimension in lived.groups:
        return lived.groups[dimension]
    return lived.external_ref if dimension == "customer" else lived.tier


def _order(dimensions: Sequence[str], group: Group, names: _Names) -> tuple[Any, ...]:
    return tuple(
        BUCKETS[name].index(value)
        if name in BUCKETS
        else (value is None, names[name][value].key if value and name in names else "", value or "")
        for name, value in zip(dimensions, group, strict=True)
    )


def _told(dimensions: Sequence[str], group: Group, those: Sequence[Experience], names: _Names) -> Mapping[str, Any]:
    told: dict[str, Any] = {}
    for name, value in zip(dimensions, group, strict=True):
        if name in names:
            told |= identity(name, value, names[name])
        elif name == "customer":
            told |= {"customer": value, "customer_id": those[0].id, "customer_name": those[0].name}
        else:
            told[name] = date.fromisoformat(value) if name in TIMES else value
    return told


def _figures(those: Iterable[Experience]) -> OutcomeFigures:
    lived = list(those)

    def sum_of(name: str) -> int:
        return sum(getattr(each, name) for each in lived)

    promises, tickets = sum_of("promises"), sum_of("tickets")
    lateness = _per(sum_of("lateness_seconds"), promises)
    return OutcomeFigures(
        customers=len(lived),
        mean_csat=_per(sum_of("csat_sum"), sum_of("csat_responses")),
        csat_responses=sum_of("csat_responses"),
        mean_nps=_per(sum_of("nps_sum"), sum_of("nps_responses")),
        nps_responses=sum_of("nps_responses"),
        complaints=sum_of("complaints"),
        churned=sum(each.churns > 0 for each in lived),
        renewed=sum(each.renewals > 0 for each in lived),
        expanded=sum(each.expansions > 0 for each in lived),
        promises=promises,
        late=sum_of("late"),
        mean_lateness_seconds=None if lateness is None else int(lateness + 0.5),
        tickets=tickets,
        waits_per_ticket=_per(sum_of("waits"), tickets),
        hops_per_ticket=_per(sum_of("hops"), tickets),
        questions_per_ticket=_per(sum_of("questions"), tickets),
    )


def _per(total: int, count: int) -> float | None:
    return total / count if count else None


def _totals(lived: Sequence[Experience]) -> OutcomeTotals:
    return OutcomeTotals(**asdict(_figures(lived)), correlations=_correlations(lived), caution=CAUTION)


def _correlations(lived: Sequence[Experience]) -> list[OutcomeCorrelation]:
    told = []
    for each in comparisons(lived):
        found = each.correlation
        tau, low, high = (found.tau, found.low, found.high) if found else (None, None, None)
        told.append(OutcomeCorrelation(each.measure, each.outcome, tau, low, high, each.n))
    return told
