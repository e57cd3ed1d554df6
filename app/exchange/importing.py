"""Importing an event log: read, interpreted, and stored in one transaction, all of it or nothing."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

from app.exchange import storing
from app.exchange.interpret import Case, interpret
from app.exchange.mapping import LogMapping, MappingError
from app.exchange.merging import merge
from app.exchange.names import Names
from app.exchange.reading import LogReading, Stopped, UnreadableLog
from app.exchange.recording import CaseSheets, Place, Recorder
from app.exchange.spool import Spool, fresh_events
from app.exchange.storing import Known
from app.exchange.summary import Summary
from app.exchange.undertakings import Undertakings
from app.kernel.database import Database
from app.kernel.ids import new_id
from app.kernel.work import Work
from app.ripple.keeping.marking import mark_above
from app.service_levels.agreements import offers
from app.tickets.bulk.bulk import new_numbers, store_events
from app.tickets.bulk.sheets import Told
from app.tickets.bulk.writing import Chooser, json_text

__all__ = ["MappingError", "Progress", "Stopped", "Summary", "UnreadableLog", "run_import"]

BATCH_ROWS: Final = 5_000
PART_CASES: Final = 500
_TOLD_EVERY_SECONDS: Final = 0.5
_SWITCH_SECONDS: Final = sys.getswitchinterval()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come."""

    bytes_total: int
    bytes_read: int
    events_read: int
    cases_stored: int


async def run_import(
    database: Database,
    file: Path,
    mapping: LogMapping,
    *,
    now: datetime,
    max_bytes: int,
    dry_run: bool = False,
    strict: bool = False,
    import_id: UUID | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Imports a log, in one transaction; a dry run does everything and keeps nothing.

    Importing it again changes nothing; more events of a known case are merged and its life is told anew, unless the
    ticket was changed by hand. `now` is the instant after which times lie in the future, `max_bytes` the most that the
    file may have, unpacked. `progress` is called now and then.

    Raises:
        MappingError: the mapping does not fit the file or the database.
        UnreadableLog: the file is broken somewhere.
        Stopped: strict, and something would be left out.
        OSError: the file cannot be opened.
    """
    reading = await asyncio.to_thread(LogReading, file, mapping, now=now, max_bytes=max_bytes, strict=strict)
    with Spool() as spool, _at_full_speed():
        cases = reading.cases()
        watch = _Watch(reading, progress)
        batch = await watch.over(asyncio.to_thread(_batch, cases))
        async with database.engine.connect() as connection:
            await connection.execute(storing.LOCK)
            work = Work(database, now, _actor(mapping, import_id), _connection=connection)
            async with _Storage(work, mapping, reading, spool) as storage:
                while batch:
                    await storage.store(batch)
                    watch.stored(len(batch))
                    batch = await asyncio.to_thread(_batch, cases)
                await storage.finish()
            await (connection.rollback() if dry_run else connection.commit())
            if not dry_run:
                database.nudge()
    return await asyncio.to_thread(reading.summary)


@contextmanager
def _at_full_speed() -> Iterator[None]:
    """Whoever waits for the database goes on only when the thread that writes rows lets him: so does every request."""
    sys.setswitchinterval(_SWITCH_SECONDS / 10)
    try:
        yield
    finally:
        sys.setswitchinterval(_SWITCH_SECONDS)


def _batch(cases: Iterator[Case]) -> list[Case]:
    batch: list[Case] = []
    rows = 0
    while rows < BATCH_ROWS and (case := next(cases, None)) is not None:
        batch.append(case)
        rows += len(case.rows)
    return batch


class _Watch:
    """Tells of the progress while the reading goes on in its thread, and after each batch."""

    def __init__(self, reading: LogReading, tell: Callable[[Progress], None] | None) -> None:
        self._reading, self._tell = reading, tell
        self._stored = 0

    async def over(self, work: Any) -> list[Case]:
        """The result of the work, with the progress told while it lasts."""
        task = asyncio.ensure_future(work)
        while not (await asyncio.wait((task,), timeout=_TOLD_EVERY_SECONDS))[0]:
            self.stored(0)
        batch: list[Case] = await task
        return batch

    def stored(self, cases: int) -> None:
        self._stored += cases
        if self._tell is not None:
            reading = self._reading
            self._tell(Progress(reading.bytes_total, reading.bytes_read, reading.tally.events, self._stored))


@dataclass(slots=True)
class _Merged:
    """A known case that the file adds to: as it was, and as it is told now."""

    known: Known
    before: Case
    after: Case


def _actor(mapping: LogMapping, import_id: UUID | None) -> Mapping[str, Any]:
    """As events and the history name an import."""
    return {"type": "import", "id": import_id, "name": mapping.log.source or "event log"}


class _Storage:
    """The storing side of one import. One part is copied while the next one is written, or the next cases are read."""

    def __init__(self, work: Work, mapping: LogMapping, reading: LogReading, spool: Spool) -> None:
        self.connection, self.now, self.actor = work.connection, work.now, work.actor or {}
        self.mapping, self.reading, self.spool = mapping, reading, spool
        self.names = Names()
        self.undertakings = Undertakings(work, mapping.slas)
        self._copying: asyncio.Task[None] | None = None
        self._told_anew: list[UUID] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self._copied()

    def recorder(self, chooser: Chooser) -> Recorder:
        """Writes cases as this import names things."""
        rule, log = self.mapping.commitment, self.mapping.log
        return Recorder(
            self.names,
            self.actor,
            self.now,
            chooser,
            requester=self.mapping.defaults.requester,
            owner=rule.owner if rule else None,
            source=log.source,
        )

    async def store(self, cases: Sequence[Case]) -> None:
        """Stores some cases: those that are new, and those of which the file knows more."""
        await self._copied()
        source = self.mapping.log.source
        known = await storing.known_cases(self.connection, source, [case.name for case in cases])
        new = [case for case in cases if case.name not in known]
        merged = await self._merged([(known[case.name], case) for case in cases if case.name in known])
        if not new and not merged:
            return
        await self._name([*new, *(each.after for each in merged), *(each.before for each in merged)])
        chooser = await self._chooser([*new, *(each.after for each in merged)])
        if new:
            await self._store_new(new, chooser)
        if merged:
            await self._store_merged(merged, chooser)

    async def finish(self) -> None:
        """Stores what had to wait for the end."""
        await self._copied()
        await self.undertakings.finish()
        await self.names.place_members(self.connection, self.now)
        if self._told_anew:
            # Not every change of such a life is told: its events may be those of before.
            await mark_above(self.connection, self._told_anew)
        if self.spool:
            await store_events(self.connection, self.spool.events())

    async def _merged(self, cases: Sequence[tuple[Known, Case]]) -> list[_Merged]:
        def find() -> list[_Merged]:
            found = []
            for known, case in cases:
                stored = known.rows or ()
                rows = merge(stored, sorted(case.rows, key=lambda row: row.place))
                if rows is None:
                    continue
                if known.changed_by_hand:
                    self.reading.left_alone(case)
                    continue
                before, after = (interpret(each, self.mapping, self.now) for each in (stored, rows))
                found.append(_Merged(known, before, after))
            return found

        found = await asyncio.to_thread(find)
        if not found:
            return []
        versions = await storing.locked_versions(self.connection, [each.known.ticket_id for each in found])
        kept = []
        for each in found:
            if versions[each.known.ticket_id] == each.known.version:
                kept.append(each)
            else:
                self.reading.left_alone(each.after)
        return kept

    async def _name(self, cases: Sequence[Case]) -> None:
        """Sees to it that everything the cases name is there."""
        names, connection, now = self.names, self.connection, self.now
        rule = self.mapping.commitment
        departments = {self.mapping.defaults.requester: None} | ({rule.owner: None} if rule else {})
        for case in cases:
            departments[case.opening.department_id] = None
            departments |= dict.fromkeys(row.department for row in case.rows if row.department is not None)
        await names.departments.have(connection, departments, now)
        members = [row.member for case in cases for row in case.rows if row.member is not None]
        await names.members.have(connection, members, now)
        made = await names.customers.have(connection, [case.customer for case in cases], now)
        data = [{"customer": names.customer(row["name"]), "actor": self.actor} for row in made]
        self.spool.add([Told("customer.created", now, json_text(each)) for each in data])

    async def _chooser(self, cases: Sequence[Case]) -> Chooser:
        departments = self.names.departments
        providers = {departments.ids[leg.department_id] for case in cases for leg in case.life.legs}
        await self.undertakings.offer(departments, providers)
        return Chooser(await offers(self.connection, providers, hold=True))

    async def _store_new(self, cases: Sequence[Case], chooser: Chooser) -> None:
        numbers = await new_numbers(self.connection, len(cases))
        places = [(case, Place(new_id(), number, new_id())) for case, number in zip(cases, numbers, strict=True)]

        def record(part: Sequence[tuple[Case, Place]]) -> CaseSheets:
            sheets, recorder = CaseSheets(), self.recorder(chooser)
            for case, place in part:
                recorder.record(sheets, case, place)
            self.spool.add(sheets.told)
            return sheets

        for begin in range(0, len(places), PART_CASES):
            sheets = await asyncio.to_thread(record, places[begin : begin + PART_CASES])
            await self._copied()
            self._copying = asyncio.create_task(storing.copy_cases(self.connection, sheets))

    async def _copied(self) -> None:
        """Until the connection is free again."""
        copying, self._copying = self._copying, None
        if copying is not None:
            await copying

    async def _store_merged(self, merged: Sequence[_Merged], chooser: Chooser) -> None:
        await self._copied()
        legs = await storing.kept_legs(self.connection, [each.known.ticket_id for each in merged])

        def record() -> CaseSheets:
            sheets, recorder = CaseSheets(), self.recorder(chooser)
            for each in merged:
                kept = legs.get(each.known.ticket_id)
                place, told_before = _place(each.known), CaseSheets()
                recorder.record(told_before, each.before, place, kept)
                already = len(sheets.told)
                recorder.record(sheets, each.after, place, kept)
                sheets.told[already:] = fresh_events(told_before.told, sheets.told[already:])
            self.spool.add(sheets.told)
            return sheets

        sheets = await asyncio.to_thread(record)
        present = {each.known.commitment_id for each in merged if each.known.commitment_id is not None}
        await storing.replace_cases(self.connection, sheets, present)
        self._told_anew += [each.known.ticket_id for each in merged]


def _place(known: Known) -> Place:
    """Where a known case goes: its ticket is told anew, its commitment too unless it was changed by hand."""
    if known.commitment_id is None:
        return Place(known.ticket_id, known.number, new_id(), None, known.version)
    owned = known.commitment_id if known.owns_commitment else None
    return Place(
        known.ticket_id, known.number, owned, known.commitment_id, known.version, known.commitment_version or 0
    )
