"""Looking ahead: every open commitment has a forecast that is looked at again when its history changes and as time
passes, and it is told when one becomes likely late, or is likely in time again.

A mark of an open commitment becomes a look that is due at once. Who looks holds the lock of the forecast's row from
before the history is read until what came of it is stored, with the events that tell of it: so a crossing is told once,
however many workers there are, and what a worker that dies was about to tell is told by another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.api import Commitment, some_commitments
from app.customers import customers
from app.directory import departments
from app.kernel.background import FAILED, SYSTEM
from app.kernel.database import Database, Row
from app.kernel.following import AT_ONCE
from app.kernel.lookup import Lookup
from app.kernel.telemetry import log
from app.kernel.work import Work
from app.ripple.computing import compute
from app.ripple.engine.instants import instant
from app.ripple.forecasting import forecast_queries as queries
from app.ripple.forecasting.experience import Experience
from app.ripple.forecasting.forecast import Forecast
from app.ripple.forecasting.forecasts import made_of, tickets_told, told
from app.ripple.forecasting.foreseeing import Crossing, crossing, next_look
from app.ripple.forecasting.lessons import Learned, Lessons
from app.ripple.loading import StoredCommitment, StoredHistories, load_some
from app.ripple.portions import Portions

BATCH: Final = 100
"""How many commitments are looked at in one turn, at most: fewer where they are large."""

MARKS: Final = 1_000
"""How many marks are taken in one turn."""

AGAIN_SECONDS: Final = 1
"""After how long one is looked at that was being changed just when its crossing was to be told."""

LEFT_SECONDS: Final = 3_600
"""How long one is left whose forecast failed."""

HISTORIANS: Final = ("import", "demo")
"""Whose commitments are known as history: how they stand at first is no news."""

_TOLD_BEFORE: Final = ("as_of", "p50", "p80", "p95", "probability_late", "at_risk_since")
_CONCERNED: Final = Lookup(customer=customers.collection.select(), department=departments.collection.select())


class LookAhead:
    """The duty to forecast open commitments."""

    name = "forecasts"
    woken_by = frozenset({"ripple_marks"})

    def __init__(self) -> None:
        self._lessons = Lessons()
        self._portions = Portions(BATCH)

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        row = (await connection.execute(queries.NEXT)).one()
        return AT_ONCE if row.is_marked else row.look_at

    async def turn(self, database: Database, now: datetime) -> int:
        """Looks at the commitments whose look is the longest due and that no other worker looks at; how many."""
        async with database.reading() as connection:
            learned = await self._lessons.by(now, connection)
        async with database.writing() as connection:
            taken = await _take_marks(connection, now)
        work = Work(database, now, SYSTEM)
        try:
            await work.write()
            looked_at = await _look(work, learned, self._portions)
            await work.commit()
        finally:
            await work.close()
        return max(taken, looked_at)


async def _take_marks(connection: AsyncConnection, now: datetime) -> int:
    """Makes looks that are due of marks."""
    marked = list((await connection.execute(queries.LOCK_MARKS, {"batch": MARKS})).scalars())
    if not marked:
        return 0
    return len((await connection.execute(queries.TAKE_MARKS, {"ids": marked, "now": now})).all())


@dataclass(frozen=True, slots=True)
class _Look:
    """A commitment that was looked at: its row of before, the forecast, and what of it is a crossing."""

    commitment: StoredCommitment
    before: Row
    made: Forecast
    crossing: Crossing | None

    @property
    def at_risk_since(self) -> datetime | None:
        if self.crossing is Crossing.BACK_ON_TRACK:
            return None
        since: datetime | None = instant(self.made.at) if self.crossing else self.before["at_risk_since"]
        return since


async def _look(work: Work, learned: Learned, portions: Portions) -> int:
    run, now = work.connection.execute, work.now
    claimed = (await run(queries.CLAIM, {"now": now, "batch": portions.size})).mappings().all()
    if not claimed:
        return 0
    before = {row["commitment_id"]: row for row in claimed}
    fitting = await portions.first_of(work.connection, list(before))
    stored = await load_some(work.connection, fitting)
    ended = [each.id for each in stored.commitments if each.status != "open"]
    if ended:
        await run(queries.FORGET, {"ids": ended})
    made = await compute(_made, stored, now, learned.experience)
    await _put_off(work, [each.id for each, forecast in made if forecast is None], LEFT_SECONDS)
    looks = [
        _Look(each, before[each.id], forecast, _crossing(before[each.id], forecast))
        for each, forecast in made
        if forecast is not None
    ]
    known = await _known_as_history(work.connection, looks)
    news = [look for look in looks if look.crossing and look.commitment.id not in known]
    in_flux = await _tell(work, news, learned) if news else set()
    await _put_off(work, in_flux, AGAIN_SECONDS)
    await _store(work.connection, [look for look in looks if look.commitment.id not in in_flux])
    return len(fitting)


def _made(
    stored: StoredHistories, now: datetime, experience: Experience
) -> list[tuple[StoredCommitment, Forecast | None]]:
    """The forecast of each that is open; None where it fails, which keeps no other from being looked at."""
    made: list[tuple[StoredCommitment, Forecast | None]] = []
    for history in stored:
        if history.commitment.status == "open":
            try:
                forecast = made_of(history, now, experience)
            except Exception as error:  # noqa: BLE001 - it is logged and counted, and looked at again by and by
                FAILED.labels(LookAhead.name).inc()
                log.error("a commitment could not be forecast", commitment=str(history.commitment.id), exc_info=error)
                forecast = None
            made.append((history.commitment, forecast))
    return made


def _crossing(before: Row, made: Forecast) -> Crossing | None:
    return crossing(before["at_risk_since"] is not None, made.probability_late)


async def _known_as_history(connection: AsyncConnection, looks: Iterable[_Look]) -> set[UUID]:
    """Those of which the first forecast says how they stand, which is no news."""
    first = [look for look in looks if look.crossing and look.before["as_of"] is None]
    known = {look.commitment.id for look in first if look.before["is_baseline"]}
    others = [look.commitment.id for look in first if look.commitment.id not in known]
    if others:
        asked = {"ids": others, "actors": list(HISTORIANS)}
        known.update((await connection.execute(queries.RECORDED_AS_HISTORY, asked)).scalars())
    return known


async def _tell(work: Work, news: Sequence[_Look], learned: Learned) -> set[UUID]:
    """Tells crossings of commitments that nobody changes meanwhile; those that are being changed are left out."""
    ids = [look.commitment.id for look in news]
    quiet = list((await work.connection.execute(queries.STILL_OPEN, {"ids": ids})).scalars())
    present = await some_commitments(work.connection, quiet, work.now)
    tellable = [
        look
        for look in news
        if (found := present.get(look.commitment.id)) and found.agreed_due_at == look.commitment.agreed_due_at
    ]
    if tellable:
        tickets = await tickets_told(work.connection, [look.made for look in tellable])
        concerned = await _CONCERNED.rows(
            work.connection,
            customer=[each.customer_id for each in present.values()],
            department=[each.owner_department_id for each in present.values()],
        )
        for look in tellable:
            _happened(work, look, present[look.commitment.id], concerned, tickets, learned)
    return set(ids) - {look.commitment.id for look in tellable}


def _happened(
    work: Work,
    look: _Look,
    commitment: Commitment,
    concerned: Mapping[str, Mapping[UUID, Row]],
    tickets: Mapping[str, Any],
    learned: Learned,
) -> None:
    forecast = told(look.commitment, look.made, tickets, learned, look.at_risk_since)
    before = {} if look.before["as_of"] is None else {name: look.before[name] for name in _TOLD_BEFORE}
    work.happened(
        f"commitment.{look.crossing}",
        work.now,
        commitment=commitment,
        customer=customers.collection.shape(**concerned["customer"][commitment.customer_id]),
        owner_department=departments.collection.shape(**concerned["department"][commitment.owner_department_id]),
        forecast=forecast,
        previous={name: value for name, value in before.items() if value != getattr(forecast, name)},
    )


async def _store(connection: AsyncConnection, looks: Sequence[_Look]) -> None:
    rows = [
        (
            look.commitment.id,
            instant(next_look(look.made.at, look.made.due_at)),
            instant(look.made.at),
            *(instant(look.made.quantile(share)) for share in (0.5, 0.8, 0.95)),
            look.made.probability_late,
            None if look.made.last_ticket is None else UUID(look.made.last_ticket),
            look.made.last_share,
            look.at_risk_since,
        )
        for look in looks
    ]
    if rows:
        columns = dict(zip(queries.COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
        await connection.execute(queries.STORE, columns)


async def _put_off(work: Work, ids: Iterable[UUID], seconds: int) -> None:
    if ids := list(ids):
        asked = {"ids": ids, "look_at": work.now + timedelta(seconds=seconds)}
        await work.connection.execute(queries.PUT_OFF, asked)
