"""Use cases of scorecards: a department's, and a member's, each in a constant number of statements."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from app.access.roles import Actor
from app.directory.departments import collection as departments
from app.directory.members import member as member_of
from app.kernel.problems import NotFound
from app.kernel.reports import Period
from app.kernel.work import Work
from app.ripple.reports.scorecard import sentence
from app.scorecards import counting
from app.scorecards.measures import (
    KINDS,
    LEAST_TICKETS,
    Compared,
    Delay,
    Done,
    MeasureName,
    comparable,
    compared,
)
from app.scorecards.member_delay import delay_of_member
from app.scorecards.scorecard_schemas import (
    NOT_ENOUGH_PERSONS,
    NOT_ENOUGH_TICKETS,
    Comparison,
    Delayed,
    Measure,
    MeasureGroup,
    Scorecard,
    Scored,
    ScoredTotals,
)
from app.scorecards.visibility import may_see
from app.worth.worth import worth_of_member, worth_report
from app.worth.worth_schemas import WorthFigures, WorthQuery


async def department_scored(work: Work, actor: Actor, department_id: UUID) -> Scored:
    """The department, if the actor may see its scorecard.

    Raises:
        NotFound: there is none with this id, or it is not for this key to see.
    """
    if not may_see(actor, [department_id]):
        raise NotFound(f"There is no department with id {department_id}.")
    return await scored(work, "department", department_id)


async def member_scored(work: Work, actor: Actor, member_id: UUID) -> Scored:
    """The member, if the actor may see their scorecard. Raises as `department_scored`."""
    found = await scored(work, "member", member_id)
    if not may_see(actor, found.department_ids, member_id):
        raise NotFound(f"There is no member with id {member_id}.")
    return found


async def seen_by(work: Work, actor: Actor, type_: Literal["department", "member"], id_: UUID) -> Scored:
    """The department or member, if the actor may see their scorecard. Raises as `department_scored`."""
    return await (department_scored if type_ == "department" else member_scored)(work, actor, id_)


async def scored(work: Work, type_: Literal["department", "member"], id_: UUID) -> Scored:
    """The department or member, whoever asks.

    Raises:
        NotFound: there is none with this id.
    """
    if type_ == "member":
        member = await member_of(work.connection, id_)
        return Scored("member", member.id, member.email, member.name, list(member.department_ids))
    department = await departments.get(work.connection, id_)
    return Scored("department", department.id, department.key, department.name, [department.id])


async def scorecard(work: Work, of: Scored, period: Period) -> Scorecard:
    """The scorecard of a department, or of a member, in a period."""
    return await (_of_department if of.type == "department" else _of_member)(work, of, period)


async def _of_department(work: Work, of: Scored, period: Period) -> Scorecard:
    now = await counting.of_departments(work, period)
    before = await counting.of_departments(work, period.previous, of.id)
    told = compared(now.of(of.id), before.of(of.id), now.done.values())
    asked = WorthQuery.model_validate({"from": period.start, "to": period.end, "department_id": of.id})
    worth = (await worth_report(work, asked)).totals
    comparison = Comparison("departments", True, len(now.done), None, None)
    return _scorecard(of, period, now.of(of.id), told, comparison, worth, now.awaiting_analysis)


async def _of_member(work: Work, of: Scored, period: Period) -> Scorecard:
    now = await counting.of_members(work, period)
    before = await counting.of_members(work, period.previous, of.id)
    delay, delay_before = await delay_of_member(work, of.id, period)
    others = comparable(now.done.values())
    why_not = _why_not(now.of(of.id), others)
    done = counting.with_delay(now.of(of.id), delay)
    told = compared(done, counting.with_delay(before.of(of.id), delay_before), [] if why_not else others)
    comparison = Comparison("members", why_not is None, len(others), LEAST_TICKETS, why_not)
    worth = await worth_of_member(work, of.id, period)
    return _scorecard(of, period, done, told, comparison, worth, 0)


def _why_not(done: Done, others: list[Done]) -> str | None:
    if done.hand_offs.tickets < LEAST_TICKETS:
        return NOT_ENOUGH_TICKETS
    return None if others else NOT_ENOUGH_PERSONS


def _scorecard(
    of: Scored,
    period: Period,
    done: Done,
    told: Mapping[MeasureName, Compared],
    comparison: Comparison,
    worth: WorthFigures,
    awaiting_analysis: int,
) -> Scorecard:
    delay = done.delay or Delay()
    totals = ScoredTotals(
        tickets=done.hand_offs.tickets,
        sentence=sentence(of.name, delay.delay_seconds, delay.outward_seconds, delay.transmission),
        delayed=Delayed(delay.commitments, list(delay.value)),
        worth=worth,
        awaiting_analysis=awaiting_analysis,
    )
    rows = [_measure(name, told[name]) for name in KINDS]
    previous_from = period.previous.start
    return Scorecard(of, period.start, period.end, previous_from, ["measure"], rows, totals, comparison)


def _measure(name: MeasureName, told: Compared) -> Measure:
    kind, figure = KINDS[name], told.figure
    return Measure(
        group=MeasureGroup(name),
        unit=kind.unit,
        better=kind.better,
        value=figure.value,
        low=figure.low,
        high=figure.high,
        count=figure.count,
        of=figure.of,
        previous=told.previous,
        change=told.change,
        median=told.median,
        over=told.over,
    )
