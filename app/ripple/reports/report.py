"""The ripple report: how much of what departments overran, or let others wait, did customers feel, by group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from app.kernel.reports import MOST_ROWS, Period, Report, Row, check_size, fields_of, parts
from app.kernel.work import Work
from app.ripple.computing import compute, meanwhile
from app.ripple.engine.totals import Sums
from app.ripple.naming import Named, Names
from app.ripple.reports.adding_up import Addition
from app.ripple.reports.axes import Group
from app.ripple.reports.grouping import Facts, groups_told, in_order
from app.ripple.reports.ids import Ints
from app.ripple.reports.intervals import intervals
from app.ripple.reports.money import packed_annual_values
from app.ripple.reports.reading import (
    Read,
    annual_values,
    awaiting_analysis,
    customers_named,
    facts_about,
    read_for,
)
from app.ripple.reports.ripple_schemas import (
    MOST_ROWS_WITH_INTERVALS,
    ROWS,
    RippleQuery,
    RippleRow,
    RippleTotals,
    UnfitPromises,
)


@dataclass(frozen=True, slots=True)
class _Found:
    """The groups that are told, in order, with their figures; and those of all."""

    groups: list[Group]
    figures: list[RippleRow]
    totals: RippleTotals


@dataclass(frozen=True, slots=True)
class _Question:
    """What an answer depends on, besides the columns and the table of places."""

    asked: RippleQuery
    dimensions: tuple[str, ...]
    limit: int | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class _Besides:
    """What is read while the groups are found."""

    annual_values: Sequence[bytes]
    awaiting: int


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The groups that are told, in order, by their places among all, and by what tells them."""

    addition: Addition
    places: Ints
    groups: list[Group]


@dataclass(frozen=True, slots=True)
class _Answer:
    besides: _Besides
    found: _Found


async def ripple_report(work: Work, asked: RippleQuery, *, all_rows: bool) -> Report[RippleRow, RippleTotals]:
    """The report that is asked for, in at most ten statements, however many commitments there are.

    With `all_rows` a limit that is left out is none.

    Raises:
        Invalid: there are more rows than a report may have.
    """
    period = asked.period(work.now)
    read = await read_for(work, asked, period, still_open=asked.status == "open")
    dimensions = parts(asked.dimensions)
    facts = await facts_about(work.connection, read, dimensions)
    limit = asked.limit or (None if all_rows else ROWS)
    question = _Question(asked, dimensions, limit, facts)
    found, customers = await _answered(work, question, period, read)
    groups = groups_told(dimensions, found.groups, Facts(facts.names, customers))
    rows = [Row(group, figures) for group, figures in zip(groups, found.figures, strict=True)]
    return Report(period, asked.dimensions, RippleRow, rows, found.totals)


async def _answered(work: Work, question: _Question, period: Period, read: Read) -> tuple[_Found, Mapping[UUID, Named]]:
    """The answer, remembered for as long as nothing changes that it is made of; and the customers it tells of."""
    known: _Answer | None = read.columns.answers.to((read.table, question))
    if known is None:
        chosen, besides = await meanwhile(compute(_chosen, read, question), _besides(work, question, period, read))
    else:
        besides = await _besides(work, question, period, read)
        if besides == known.besides:
            return known.found, await _customers(work, question, known.found.groups)
        chosen = await compute(_chosen, read, question)
    found, customers = await meanwhile(
        compute(_report_of, chosen, besides, question), _customers(work, question, chosen.groups)
    )
    if len(found.figures) <= ROWS:
        read.columns.answers.remember((read.table, question), _Answer(besides, found))
    return found, customers


async def _customers(work: Work, question: _Question, groups: Sequence[Group]) -> Mapping[UUID, Named]:
    if "customer" not in question.dimensions:
        return {}
    place = question.dimensions.index("customer")
    return await customers_named(work.connection, {group[place] for group in groups})


async def _besides(work: Work, question: _Question, period: Period, read: Read) -> _Besides:
    values = await annual_values(work.connection, read.columns)
    return _Besides(values, await awaiting_analysis(work, question.asked, period, read.delivered))


def _chosen(read: Read, question: _Question) -> _Chosen:
    addition = read.added_up(question.dimensions, question.facts)
    told = min(len(addition), question.limit or len(addition))
    check_size(told, MOST_ROWS_WITH_INTERVALS if question.asked.intervals else MOST_ROWS)
    places = in_order(question.dimensions, addition, question.limit)
    return _Chosen(addition, places, addition.groups(places))


def _report_of(found: _Chosen, besides: _Besides, question: _Question) -> _Found:
    asked, chosen = question.asked, found.places
    addition = found.addition.with_annual_values(packed_annual_values(*besides.annual_values))
    rows, over_all = addition.rows_as(RippleRow, chosen), fields_of(addition.totals())
    if asked.intervals:
        *sure, sure_over_all = intervals(addition.delays(), addition.by_chance(), chosen)
        rows = [replace(row, **fields_of(interval)) for row, interval in zip(rows, sure, strict=True)]
        over_all |= fields_of(sure_over_all)
    sums = addition.sums(asked.status != "open", asked.pairs)
    totals = RippleTotals(
        **over_all,
        groups=len(addition),
        commitments=sums.commitments,
        delivered=sums.delivered,
        late=sums.late,
        lateness_seconds=sums.lateness_seconds,
        plan_seconds=sums.plan_seconds,
        unpromised_seconds=sums.unpromised_seconds,
        promises_impossible=sums.promises_impossible,
        pairs_that_do_not_fit=sums.unfit_pairs,
        promises_that_do_not_fit=_told(sums, question.facts.names)[: asked.pairs],
        delay_multiplier=sums.delay_multiplier,
        awaiting_analysis=besides.awaiting,
    )
    return _Found(found.groups, rows, totals)


def _told(sums: Sums, names: Names) -> list[UnfitPromises]:
    """The most first, then by name."""
    told = [
        UnfitPromises(
            sla_id=unfit.sla_id,
            sla_name=_name(names.slas, unfit.sla_id),
            blocker_sla_id=unfit.blocker_sla_id,
            blocker_sla_name=_name(names.slas, unfit.blocker_sla_id),
            promises=unfit.promises,
        )
        for unfit in sums.unfit
    ]
    return sorted(told, key=lambda each: (-each.promises, each.sla_name or "", each.blocker_sla_name or ""))


def _name(names: Mapping[UUID, str], id_: UUID | None) -> str | None:
    return None if id_ is None else names[id_]
