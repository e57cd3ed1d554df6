"""How error budgets stand: one query for all objectives, and before it one for how far back they look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Row as Read
from app.kernel.database import Timestamp
from app.kernel.reports import Period, Report, Row, check_size
from app.kernel.schemas import EARLIEST
from app.kernel.work import Work
from app.metrics.budget_schemas import GROUPS, BudgetFigures, BudgetQuery, BudgetTotals
from app.metrics.grouping import Subject
from app.service_levels.budgets import BURN_WINDOWS, Budget, Decided, budget
from app.service_levels.queries import excluded

_LONGEST_BURN_WINDOW = max(window.length for window in BURN_WINDOWS)

_BEGINS = {
    window.name: f"(:before - interval '{window.length.total_seconds():.0f} seconds')" for window in BURN_WINDOWS
}
_OWN = ":before - make_interval(days => o.window_days)"
_COUNTS = ",\n        ".join(
    f"count(*) filter (where not d.excluded and {condition} and d.at >= {begins}) as {what}_{name}"
    for name, begins in {"period": _OWN, **_BEGINS}.items()
    for what, condition in {"decided": "true", "breached": "d.breached"}.items()
)

_SQL = f"""
    with decision as materialized (
        select o.id as objective_id, c.breached, c.at, {excluded("c.at")} as excluded
        from objectives o
        join (
            select c.sla_id, c.metric, c.department_id, decided.breached, decided.at
            from ticket_clocks c
            left join tickets t on t.id = c.ticket_id
            left join customers u on u.id = t.customer_id
            cross join lateral (
                select false as breached, c.met_at as at
                    where c.met_at < :before
                union all select true, c.breached_at
                    where c.breached_at < :before
                union all select true, c.due_at
                    where c.state = 'running' and c.due_at < :until
            ) decided
            where (c.met_at >= :since or c.breached_at >= :since or c.state = 'running' and c.due_at >= :since)
                and decided.at >= :since {{filters}}
        ) c on c.sla_id = o.sla_id and c.metric = o.metric
        where o.active {{chosen}}
    )
    select o.id as objective_id, o.name as objective_name, s.id as sla_id, s.name as sla_name,
        o.metric, o.goal, o.window_days,
        {_COUNTS},
        count(*) filter (where d.excluded and d.at >= {_OWN}) as excluded
    from objectives o
    join slas s on s.id = o.sla_id
    left join decision d on d.objective_id = o.id
    where o.active {{chosen}}
    group by o.id, s.id
    order by s.name, s.id, o.name, o.id
"""
_LONGEST_WINDOW = "select max(o.window_days) from objectives o where o.active {chosen}"
"""Looked up before: of an instant that it is told, PostgreSQL knows how few clocks were decided since."""

_CLOCKS = Subject(_SQL, "decided.at", "c.department_id", "c.department_id")
_CHOOSING = {"sla_id": "o.sla_id", "objective_id": "o.id"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How an objective stands, and of which SLA it is."""

    objective_id: UUID
    objective_name: str
    sla_id: UUID
    sla_name: str
    figures: BudgetFigures


async def standings(
    connection: AsyncConnection,
    now: datetime,
    *,
    end: datetime | None = None,
    start: datetime = EARLIEST,
    filters: Mapping[str, Any] | None = None,
) -> list[Standing]:
    """How the active objectives stand at an instant, in the order of their SLAs' and their own names.

    `end` is the instant just after the last that counts, and nothing counts before `start`. `filters` are those of
    `BudgetQuery`: of `sla_id` and `objective_id` which objectives, of the others which clocks.
    """
    period = Period(start, end or now + timedelta(seconds=1), now)
    named = dict(filters or {})
    longest, statement = _statements(tuple(sorted(named)))
    choosing = {name: value for name, value in named.items() if name in _CHOOSING}
    days = (await connection.execute(longest, choosing)).scalar()
    if days is None:
        return []
    since = max(start, period.before - max(timedelta(days=days), _LONGEST_BURN_WINDOW))
    stated = {"since": since, "before": period.before, "until": period.until, **named}
    return [_standing(row) for row in (await connection.execute(statement, stated)).mappings()]


async def error_budget(work: Work, asked: BudgetQuery) -> Report[BudgetFigures, BudgetTotals]:
    """Every active objective with its error budget. Its period is that of the longest window, unless `from` is said."""
    period = asked.period(work.now)
    found = await standings(
        work.connection, work.now, end=period.end, start=asked.from_ or EARLIEST, filters=asked.filters()
    )
    check_size(len(found))
    if asked.from_ is None and found:
        longest = timedelta(days=max(each.figures.window_days for each in found))
        period = replace(period, start=max(EARLIEST, period.before - longest))
    rows = [
        Row(
            {
                "sla_id": each.sla_id,
                "sla_name": each.sla_name,
                "objective_id": each.objective_id,
                "objective_name": each.objective_name,
            },
            each.figures,
        )
        for each in found
    ]
    return Report(period, GROUPS, BudgetFigures, rows, _totals([each.figures for each in found]))


@lru_cache(maxsize=128)
def _statements(filters: tuple[str, ...]) -> tuple[TextClause, TextClause]:
    chosen = "".join(f" and {_CHOOSING[name]} = :{name}" for name in filters if name in _CHOOSING)
    conditions = _CLOCKS.conditions(name for name in filters if name not in _CHOOSING)
    longest = text(_LONGEST_WINDOW.format(chosen=chosen))
    counting = text(_SQL.format(chosen=chosen, filters=conditions)).bindparams(
        *(bindparam(name, type_=Timestamp) for name in ("since", "before", "until")),
        *(bindparam(name, type_=Uuid()) for name in filters if name.endswith("_id")),
    )
    ids = (bindparam(name, type_=Uuid()) for name in filters if name in _CHOOSING)
    return longest.bindparams(*ids), counting


def _standing(row: Read) -> Standing:
    windows = {name: Decided(row[f"decided_{name}"], row[f"breached_{name}"]) for name in _BEGINS}
    period = Decided(row["decided_period"], row["breached_period"])
    stands = budget(row["goal"], timedelta(days=row["window_days"]), period, windows)
    told = {name: row[name] for name in ("objective_id", "objective_name", "sla_id", "sla_name")}
    return Standing(**told, figures=_figures(row, period, stands))


def _figures(row: Read, period: Decided, stands: Budget) -> BudgetFigures:
    rates = {name: None if rate is None else float(rate) for name, rate in stands.burn_rates.items()}
    return BudgetFigures(
        metric=row["metric"],
        objective=float(row["goal"]),
        window_days=row["window_days"],
        decided=period.decided,
        breached=period.breached,
        excluded=row["excluded"],
        budget_seconds_or_count=float(stands.allowed),
        spent_share=None if stands.spent_share is None else float(stands.spent_share),
        burn_rate_1h=rates["1h"],
        burn_rate_6h=rates["6h"],
        burn_rate_3d=rates["3d"],
        state=stands.state,
    )


def _totals(figures: Sequence[BudgetFigures]) -> BudgetTotals:
    states = [each.state for each in figures]
    return BudgetTotals(len(states), states.count("ok"), states.count("burning"), states.count("exhausted"))
