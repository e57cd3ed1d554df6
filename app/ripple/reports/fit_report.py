"""Which service levels do not fit: the engine's verdict on every promise that others' work stands beneath."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import and_, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.kernel.reports import Period, Report, Row, parts
from app.kernel.work import Work
from app.ripple.computing import compute
from app.ripple.engine.totals import Kind
from app.ripple.loading import StoredHistories
from app.ripple.naming import Names, identity, names_of
from app.ripple.reports.choosing import conditions, in_batches, within
from app.ripple.reports.fit import Fit, FitFigures, FitTotals, Terms, fits
from app.ripple.reports.ripple_schemas import FitQuery
from app.service_levels.agreements import agreements

Group: TypeAlias = tuple[Any, ...]
"""What tells a group apart: a value for each dimension, departments by their keys."""


async def fit_report(work: Work, asked: FitQuery) -> Report[FitFigures, FitFigures]:
    """The report that is asked for, in batches of commitments: seven statements each at most, and three more."""
    period = asked.period(work.now)
    names = await names_of(work.connection)
    counting = _Counting(asked, names, parts(asked.dimensions))
    still_open = and_(commitments.c.status == "open", commitments.c.promised_at < period.before)
    chosen = (or_(within(period), still_open), *conditions(asked))
    async for stored in in_batches(work.connection, *chosen):
        terms = await _terms(work.connection, stored)
        await compute(counting.add_all, stored, terms, period)
    rows = sorted(counting.totals.rows().items(), key=_order)
    return Report(
        period=period,
        group_by=asked.dimensions,
        figures=FitFigures,
        rows=[Row(counting.fields(group), figures) for group, figures in rows],
        totals=counting.totals.figures(),
    )


async def _terms(connection: AsyncConnection, stored: StoredHistories) -> dict[str, Terms]:
    """By what each ticket's clock of scope ticket runs, by ticket id; those without such a clock are left out."""
    promised = {row.id: row for row in stored.tickets if row.sla_id is not None}
    known = await agreements(connection, {(row.sla_id, row.sla_version) for row in promised.values()})
    terms = {}
    for id_, row in promised.items():
        agreement = known[row.sla_id, row.sla_version]
        terms[str(id_)] = Terms(agreement.calendar, agreement.pause_on, row.target_seconds)
    return terms


class _Counting:
    """Which tickets count in which groups, and how a group is told."""

    def __init__(self, asked: FitQuery, names: Names, dimensions: tuple[str, ...]) -> None:
        self.totals: FitTotals[Group] = FitTotals()
        self._asked, self._names, self._dimensions = asked, names, dimensions
        self._counted = _counted(asked, names)

    def add_all(self, stored: StoredHistories, terms: Mapping[str, Terms], period: Period) -> None:
        """Costs time by the ticket: not for the event loop."""
        for history in stored:
            for fit in fits(history.graph(period.now), terms):
                self._add(fit, history.kinds[fit.ticket_id])

    def _add(self, fit: Fit, kind: Kind) -> None:
        asked = self._asked
        if asked.priority not in (None, kind.priority) or asked.request_type_id not in (None, kind.request_type_id):
            return
        groups = {
            provider: self._group(fit.requester, provider, kind)
            for provider in fit.providers
            if self._counted(fit.requester, provider)
        }
        if groups:
            last = None if fit.last_provider is None else groups.get(fit.last_provider)
            self.totals.add(fit, groups.values(), last)

    def _group(self, requester: str, provider: str, kind: Kind) -> Group:
        values = {
            "requester": requester,
            "provider": provider,
            "priority": kind.priority,
            "request_type": kind.request_type_id,
        }
        return tuple(values[name] for name in self._dimensions)

    def fields(self, group: Group) -> dict[str, Any]:
        """The fields that tell the group, as `app.kernel.reports.group_fields` names them."""
        told: dict[str, Any] = {}
        for name, value in zip(self._dimensions, group, strict=True):
            if name == "priority":
                told[name] = value
            else:
                named = self._names.request_types if name == "request_type" else self._names.departments
                told |= identity(name, value, named)
        return told


def _counted(asked: FitQuery, names: Names) -> Callable[[str, str], bool]:
    """Which pairs of requester and provider count by the departments that are asked about."""
    keys = names.department_keys
    either, requester, provider = (
        None if id_ is None else keys.get(id_, "")
        for id_ in (asked.department_id, asked.requester_department_id, asked.provider_department_id)
    )
    return lambda one, other: (
        (either is None or either in (one, other)) and requester in (None, one) and provider in (None, other)
    )


def _order(row: tuple[Group, FitFigures]) -> tuple[Any, ...]:
    """What fits least first, then what there is most of, then by name."""
    group, figures = row
    return (-(figures.share_impossible or 0), -figures.tickets, tuple((value is None, str(value)) for value in group))
