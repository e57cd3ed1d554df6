"""Keeping analyses: a delivered commitment's is made in the background, stored, and made again when it was marked.

Whoever makes one holds the commitment's mark from before the history is read until the analysis is stored. What changes
meanwhile is told later, and whoever marks for it waits for that transaction: no change is lost between the two.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.directory.calendar import CalendarTimeline
from app.kernel.background import FAILED
from app.kernel.database import Database
from app.kernel.following import AT_ONCE
from app.kernel.telemetry import log
from app.ripple.computing import compute
from app.ripple.engine.analysis import ENGINE_VERSION
from app.ripple.engine.fitting import Terms
from app.ripple.engine.totals import Place
from app.ripple.forecasting.forecast_queries import FORGET
from app.ripple.keeping import keep_queries as queries
from app.ripple.keeping.hours import Organisation, business_hours, organisation
from app.ripple.keeping.stored import Analysed, StoredPlace, analysed, row_of, stored_place
from app.ripple.keeping.terms import terms_of
from app.ripple.loading import StoredHistories, load_some
from app.ripple.portions import Portions

BATCH: Final = 200
"""How many commitments are analysed in one transaction, at most: fewer where they are large."""

LEFT_FOR: Final = timedelta(minutes=5)
SEARCHED_EVERY: Final = timedelta(hours=1)
"""How often what has no analysis by this version of the engine is looked for: after an upgrade that is everything."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of some commitments: the rows of those that are delivered, and what could not be analysed."""

    rows: Sequence[dict[str, Any]]
    failed: Mapping[UUID, Exception]
    not_delivered: Sequence[UUID]


class Keeping:
    """The duty to keep analyses.

    A commitment that cannot be analysed is left for a while: it keeps no other's analysis from being stored.
    """

    name = "ripple analyses"
    woken_by = frozenset({"ripple_marks"})

    def __init__(self) -> None:
        self._left_until: dict[UUID, datetime] = {}
        self._searches_at = AT_ONCE
        self._portions = Portions(BATCH)

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        marked = (await connection.execute(queries.ANY_MARKED, {"left": list(self._left_until)})).one()
        if marked.any:
            return AT_ONCE
        return min([self._searches_at, *self._left_until.values()])

    async def turn(self, database: Database, now: datetime) -> int:
        """Makes the analyses of one batch; how many marks are gone by that."""
        self._left_until = {id_: until for id_, until in self._left_until.items() if now < until}
        if now >= self._searches_at:
            await _search(database)
            self._searches_at = now + SEARCHED_EVERY
        async with database.writing() as connection:
            asked = {"left": list(self._left_until), "batch": self._portions.size}
            marked = list((await connection.execute(queries.TAKE_MARKED, asked)).scalars())
            if not marked:
                return 0
            taken = await self._portions.first_of(connection, marked)
            batch = await analyse_batch(connection, taken)
            await store(connection, batch, now)
        self._leave(batch.failed, now)
        return len(taken) - len(batch.failed)

    def _leave(self, failed: Mapping[UUID, Exception], now: datetime) -> None:
        for id_, error in failed.items():
            FAILED.labels(self.name).inc()
            log.error("a commitment could not be analysed", commitment=str(id_), exc_info=error)
            self._left_until[id_] = now + LEFT_FOR


async def _search(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(queries.MARK_UNKEPT, {"engine_version": ENGINE_VERSION})


async def analyse_batch(connection: AsyncConnection, ids: Sequence[UUID]) -> Batch:
    """The analyses of these commitments, whose marks are taken, as rows to be stored: in at most eleven statements, and
    three more for places that nothing was counted at before."""
    histories = await load_some(connection, ids)
    known = await organisation(connection)
    hours = await business_hours(connection, known.calendars, known.calendars)
    terms = await terms_of(connection, histories)
    found, failed = await compute(_analysed, histories, known, hours, terms)
    places = await _place_ids(connection, {place for each in found for place in each.places}, known)
    rows = await compute(lambda: [row_of(each, places) for each in found])
    delivered = {each.id for each in histories.commitments if each.delivered_at is not None}
    return Batch(rows, failed, [id_ for id_ in ids if id_ not in delivered])


async def store(connection: AsyncConnection, batch: Batch, now: datetime) -> None:
    """Stores the rows, removes those of what is not delivered, and the marks but those of what failed; what has ended
    is forecast no more."""
    if batch.rows:
        columns = {name: [row[name] for row in batch.rows] for name in batch.rows[0]}
        await connection.execute(queries.UPSERT, columns | {"analysed_at": [now] * len(batch.rows)})
    done = [row["commitment_id"] for row in batch.rows]
    if batch.not_delivered:
        removed = {"ids": batch.not_delivered}
        await connection.execute(queries.REMOVE, removed)
        done += (await connection.execute(queries.NOT_OPEN, removed)).scalars()
    await connection.execute(queries.UNMARK, {"ids": done})
    await connection.execute(FORGET, {"ids": done})


def _analysed(
    histories: StoredHistories,
    known: Organisation,
    hours: Mapping[str, CalendarTimeline],
    terms: Mapping[str, Terms],
) -> tuple[list[Analysed], dict[UUID, Exception]]:
    found: list[Analysed] = []
    failed: dict[UUID, Exception] = {}
    for history in histories:
        if history.commitment.delivered_at is None:
            continue
        try:
            found.append(analysed(history, known.calendars, hours, terms))
        except Exception as error:  # noqa: BLE001 - it is logged, and the others are stored
            failed[history.commitment.id] = error
    return found, failed


async def _place_ids(connection: AsyncConnection, wanted: set[Place], known: Organisation) -> dict[Place, int]:
    """The ids of these places; those that are not there yet are added."""
    by_place = {place: stored_place(place, known) for place in wanted}
    present = await _present_places(connection, by_place.values())
    missing = [stored for stored in by_place.values() if stored not in present]
    if missing:
        await connection.execute(queries.ADD_PLACES, _columns(missing))
        present |= await _present_places(connection, missing)
    return {place: present[stored] for place, stored in by_place.items()}


async def _present_places(connection: AsyncConnection, wanted: Iterable[StoredPlace]) -> dict[StoredPlace, int]:
    rows = (await connection.execute(queries.PLACES, _columns(wanted))).mappings()
    return {StoredPlace(*(row[name] for name in _PLACE_COLUMNS)): row["id"] for row in rows}


_PLACE_COLUMNS: Final = tuple(field.name for field in fields(StoredPlace))
_PLACE_PARAMETERS: Final = ("parties", "requesters", "providers", "request_types", "priorities")


def _columns(places: Iterable[StoredPlace]) -> dict[str, list[Any]]:
    told = list(places)
    return {
        parameter: [getattr(place, name) for place in told]
        for parameter, name in zip(_PLACE_PARAMETERS, _PLACE_COLUMNS, strict=True)
    }
