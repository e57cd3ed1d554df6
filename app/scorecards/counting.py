"""What the reports count of every department, or of every member, in one period: as scorecards measure it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, TypeVar
from uuid import UUID

from sqlalchemy import Executable

from app.kernel.reports import Period, ReportQuery, Row
from app.kernel.schemas import Id
from app.kernel.work import Work
from app.metrics import reports
from app.metrics.feedback_figures import Heard
from app.metrics.feedback_schemas import FeedbackQuery
from app.metrics.reports import Attained
from app.metrics.schemas import (
    HandoffFigures,
    HandoffsQuery,
    ServiceLevelsQuery,
)
from app.ripple.reports.report import ripple_report
from app.ripple.reports.ripple_schemas import RippleQuery, RippleRow
from app.scorecards import voices_queries as queries
from app.scorecards.measures import Decided, Delay, Done, Feedback, HandOffs

Query = TypeVar("Query", bound=ReportQuery)
Figures = TypeVar("Figures")

_PERSONS: Final = ("assignee",)


class _ServiceLevelsOfMembers(ServiceLevelsQuery):
    """By whoever had the clock's leg last."""

    allowed: ClassVar[Any] = _PERSONS
    assignee_id: Id | None = None


class _HandoffsOfMembers(HandoffsQuery):
    """By whoever had the ticket last while a department held it."""

    allowed: ClassVar[Any] = _PERSONS
    assignee_id: Id | None = None


class _FeedbackOfMembers(FeedbackQuery):
    """By whoever had the ticket last."""

    allowed: ClassVar[Any] = _PERSONS
    assignee_id: Id | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What was done by each, by id; and how many commitments had no analysis yet."""

    done: Mapping[UUID, Done]
    awaiting_analysis: int

    def of(self, id_: UUID) -> Done:
        """Of one, who may have done nothing."""
        return self.done.get(id_, Done())


async def of_departments(work: Work, period: Period, only: UUID | None = None) -> Counted:
    """What all departments did in the period, or what this one did."""
    levels = await reports.attainment(work, _asked(ServiceLevelsQuery, period, "department", only))
    hand_offs = await reports.handoffs(work, _asked(HandoffsQuery, period, "department", only))
    feedback = await reports.responses(work, _asked(FeedbackQuery, period, "department", only))
    ripple = await ripple_report(work, _asked(RippleQuery, period, "department", only), all_rows=True)
    done = _done("department", levels.rows, hand_offs.rows, feedback.rows)
    for id_, row in _by_id("department", ripple.rows).items():
        done[id_] = replace(done[id_], delay=_delay(row))
    await _add_voices(work, period, done, queries.VOICES_OF_DEPARTMENTS)
    return Counted(done, ripple.totals.awaiting_analysis)


async def of_members(work: Work, period: Period, only: UUID | None = None) -> Counted:
    """What all members did in the period, or what this one did, but for what they delayed."""
    levels = await reports.attainment(work, _asked(_ServiceLevelsOfMembers, period, "assignee", only))
    hand_offs = await reports.handoffs(work, _asked(_HandoffsOfMembers, period, "assignee", only))
    feedback = await reports.responses(work, _asked(_FeedbackOfMembers, period, "assignee", only))
    done = _done("assignee", levels.rows, hand_offs.rows, feedback.rows)
    await _add_voices(work, period, done, queries.VOICES_OF_MEMBERS)
    return Counted({id_: replace(each, delay=None) for id_, each in done.items()}, 0)


async def _add_voices(work: Work, period: Period, done: defaultdict[UUID, Done], statement: Executable) -> None:
    for row in await work.connection.execute(statement, {"start": period.start, "before": period.before}):
        done[row.id] = replace(done[row.id], recognitions=row.recognitions, suggestions_adopted=row.adopted)


def with_delay(done: Done, delay: Delay) -> Done:
    """Also with what they delayed."""
    return replace(done, delay=delay)


def _asked(query: type[Query], period: Period, dimension: str, only: UUID | None) -> Query:
    asked = {"from": period.start, "to": period.end, "group_by": dimension}
    return query.model_validate(asked if only is None else {**asked, f"{dimension}_id": only})


def _done(
    dimension: str,
    levels: Iterable[Row[Attained]],
    hand_offs: Iterable[Row[HandoffFigures]],
    feedback: Iterable[Row[Heard]],
) -> defaultdict[UUID, Done]:
    done: defaultdict[UUID, Done] = defaultdict(Done)
    clocks: defaultdict[UUID, dict[str, Decided]] = defaultdict(dict)
    for row in levels:
        if (id_ := row.group[f"{dimension}_id"]) is not None:
            clocks[id_][row.figures.metric] = Decided(row.figures.met, row.figures.decided)
    for id_, decided in clocks.items():
        done[id_] = replace(done[id_], clocks=decided)
    for id_, passed in _by_id(dimension, hand_offs).items():
        done[id_] = replace(done[id_], hand_offs=_hand_offs(passed))
    for id_, said in _by_id(dimension, feedback).items():
        done[id_] = replace(done[id_], feedback=_feedback(said))
    return done


def _by_id(dimension: str, rows: Iterable[Row[Figures]]) -> dict[UUID, Figures]:
    """The figures of each that has an id: neither customers, nor tickets that nobody has."""
    return {id_: row.figures for row in rows if (id_ := row.group[f"{dimension}_id"]) is not None}


def _hand_offs(figures: HandoffFigures) -> HandOffs:
    return HandOffs(
        tickets=figures.tickets,
        transfers=figures.transfers,
        returns=figures.returns,
        ping_pong=figures.ping_pong,
        questions=figures.questions,
        asked_again=figures.asked_again,
        waiting_seconds=figures.waiting_in_transfer_seconds,
    )


def _feedback(said: Heard) -> Feedback:
    return Feedback(
        responses=said.responses,
        mean=said.mean_score,
        low=said.mean_score_low,
        high=said.mean_score_high,
        satisfied=said.satisfied,
        low_marks=said.low_marks,
        low_marks_felt=said.low_marks_felt,
    )


def _delay(figures: RippleRow) -> Delay:
    return Delay(
        delay_seconds=figures.delay_seconds,
        outward_seconds=figures.outward_seconds,
        absorbed_seconds=figures.absorbed_seconds,
        transmission=figures.transmission,
        commitments=figures.commitments_delayed,
        value=figures.value_touched,
    )
