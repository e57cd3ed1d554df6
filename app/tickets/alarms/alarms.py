"""Alarms: warnings and breaches are told at their instants, once each, with what they set going.

`next_alarm_at` of a stored clock is from when its next alarm can be told; whatever could be told before that was, or
stays silent. Who tells an alarm holds the ticket's lock, and moves `next_alarm_at` on in the transaction of the event:
so no two tell the same, and what a worker that dies had begun to tell was not told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.directory.calendars import timelines_of
from app.kernel.background import FAILED, SYSTEM, is_lost
from app.kernel.database import Database, Row
from app.kernel.failures import is_passing
from app.kernel.outbox import Event
from app.kernel.telemetry import log
from app.kernel.work import Work
from app.service_levels.agreements import agreements
from app.service_levels.alarms import Alarm, AlarmKind, alarms_between
from app.service_levels.clock import Agreement, Clock, State, lapsed, rescheduled
from app.service_levels.ticket_clocks import deciding_clock
from app.tickets.alarms import queries
from app.tickets.queries import TICKETS_BY_ID
from app.tickets.records import Kept, clock_answer, counting_calendars, kept_clocks, ticket_of, version_of, viewed
from app.tickets.setting_going import Reached, set_going
from app.tickets.telling import tell

BATCH: Final = 200
"""How many clocks one turn looks after."""

LEFT_FOR: Final = timedelta(minutes=5)
CAREFUL_FOR: Final = timedelta(minutes=1)


class Alarms:
    """The duty to tell alarms.

    A ticket whose alarms cannot be told is found by telling one at a time, and left for a while: it keeps nobody else's
    from being told.
    """

    name = "alarms"
    woken_by = frozenset({"ticket_clocks"})

    def __init__(self) -> None:
        self._one_at_a_time_until: datetime | None = None
        self._left_until: dict[UUID, datetime] = {}

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        at: datetime | None = (await connection.execute(queries.NEXT_ALARM_AT)).scalar_one()
        return at

    async def turn(self, database: Database, now: datetime) -> int:
        """Tells what fell due of the tickets whose alarms are the oldest that no other worker is telling."""
        careful = self._one_at_a_time_until is not None and now < self._one_at_a_time_until
        self._left_until = {id_: until for id_, until in self._left_until.items() if now < until}
        work, claimed = Work(database, now, SYSTEM), []
        try:
            await work.write()
            run = work.connection.execute
            asked = {"now": now, "batch": 1 if careful else BATCH, "left": list(self._left_until)}
            claimed = list((await run(queries.CLAIM, asked)).scalars())
            if claimed:
                # Read anew: what is read with the lock may be older than it.
                rows = (await run(TICKETS_BY_ID, {"ids": list(set(claimed))})).mappings().all()
                await tell_due(work, rows, now)
                await work.commit()
        except Exception as error:
            if is_lost(error) or not claimed:
                raise
            if is_passing(error):
                log.warning("alarms gave way to another transaction")
            else:
                self._failed(set(claimed), error, now)
            return 0
        finally:
            await work.close()
        return len(claimed)

    def _failed(self, tickets: set[UUID], error: Exception, now: datetime) -> None:
        FAILED.labels(self.name).inc()
        log.error("alarms could not be told", tickets=sorted(map(str, tickets))[:3], exc_info=error)
        if len(tickets) == 1:
            self._left_until[tickets.pop()] = now + LEFT_FOR
        else:
            self._one_at_a_time_until = now + CAREFUL_FOR


@dataclass(frozen=True, slots=True)
class _Due:
    """A clock with an alarm that fell due: its ticket with all of its clocks, the clock as it is stored but for its
    `due_at`, its alarms, and the one after."""

    row: Row
    clocks: Kept
    clock: Clock[UUID]
    agreement: Agreement[UUID]
    alarms: tuple[Alarm, ...]
    following: Alarm | None


async def tell_due(work: Work, rows: Sequence[Row], until: datetime) -> None:
    """Tells the alarms of locked tickets that could be told by an instant and were not, each with its own.

    `rows` are those of `queries.TICKETS`, read since they were locked.
    """
    stored = [(row, clock) for row in rows for clock in row["clocks"] or () if _is_due(clock, until)]
    if not stored:
        return
    known = await agreements(work.connection, {version_of(clock) for _, clock in stored})
    kept = await timelines_of(work.connection, counting_calendars(rows))
    clocks = {row["id"]: kept_clocks(row["clocks"], kept) for row, _ in stored}
    due = [_due(row, clocks[row["id"]], clock, known[version_of(clock)], until) for row, clock in stored]
    await _store(work.connection, due, until)
    reached = [(each, alarm) for each in due for alarm in each.alarms]
    reached.sort(key=lambda told: (told[1].told_from, told[0].row["id"], told[0].clock.number))
    for each, alarm in reached:
        if alarm.kind is AlarmKind.BREACHED or alarm.fraction in each.agreement.warn_at:
            tell(work, _event(each, alarm))
    await set_going(work, [Reached(each.row["id"], each.clock, each.agreement, alarm) for each, alarm in reached])


def _is_due(stored: Mapping[str, Any], until: datetime) -> bool:
    at = stored["next_alarm_at"]
    return at is not None and datetime.fromisoformat(at) <= until


def _due(row: Row, kept: Kept, stored: Row, agreement: Agreement[UUID], until: datetime) -> _Due:
    (clock,) = (clock for clock, _ in kept if clock.number == stored["number"])
    clock = rescheduled(clock, agreement.calendar)
    fractions = agreement.alarm_fractions(clock.metric)
    since = datetime.fromisoformat(stored["next_alarm_at"])
    alarms, following = alarms_between(clock, agreement.calendar, fractions, since, until)
    # What was backdated can bring a share about once more.
    warned = stored["warned_share"] or 0
    alarms = tuple(alarm for alarm in alarms if alarm.fraction is None or alarm.fraction > warned)
    return _Due(row, kept, clock, agreement, alarms, following)


def _event(each: _Due, alarm: Alarm) -> Event:
    """What is told of an alarm: the ticket and the clock as they were just when it could be told."""
    clocks = viewed(each.clocks, alarm.told_from)
    (clock,) = (clock for clock in clocks if clock.number == each.clock.number)
    data: dict[str, Any] = {"ticket": ticket_of(each.row, clocks), "clock": clock_answer(clock), "actor": SYSTEM}
    if alarm.kind is AlarmKind.WARNING:
        data["fraction"] = alarm.fraction
    return Event(f"sla.{alarm.kind}", alarm.at, data, as_of=alarm.told_from)


async def _store(connection: AsyncConnection, due: Sequence[_Due], until: datetime) -> None:
    """Stores what the alarms left of the clocks, and of the tickets for which such a clock decides. No new version: it
    is time that passed, nothing was done."""
    after = [(each, lapsed(each.clock, until)) for each in due]
    clocks = [
        (
            each.row["id"],
            clock.number,
            clock.state.value,
            clock.due_at,
            clock.breached_at,
            each.following.told_from if each.following else None,
            max((alarm.fraction for alarm in each.alarms if alarm.fraction is not None), default=None),
        )
        for each, clock in after
    ]
    await connection.execute(queries.STORE_CLOCKS, _columns(queries.CLOCK_COLUMNS, clocks))
    tickets = [
        (each.row["id"], clock.due_at, clock.breached_at)
        for each, clock in after
        if clock.state is State.BREACHED and _decides(each)
    ]
    if tickets:
        await connection.execute(queries.STORE_TICKETS, _columns(queries.TICKET_COLUMNS, tickets))


def _decides(each: _Due) -> bool:
    deciding = deciding_clock([clock for clock, _ in each.clocks], each.row["leg"])
    return deciding is not None and deciding.number == each.clock.number


def _columns(names: Iterable[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
