"""Following the feed: doing something for every event, each once, without adding anything to the change it tells of.

Whoever does it holds the one row of `feed_progress` under its name, and moves it in the transaction of what it does:
what undoes one undoes both.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Table,
    Text,
    bindparam,
    false,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import metadata
from app.kernel.outbox import settled

feed_progress = Table(
    "feed_progress",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)
"""Up to which number of the feed the follower of this name has done what it does."""

AT_ONCE: Final = datetime(1970, 1, 1, tzinfo=UTC)

LOOK_AGAIN_SECONDS: Final = 5
"""After how long it looks without being told of events: whoever is killed just after a commit tells nobody."""

REST_SECONDS: Final = 1
"""How long it gathers events before it moves on; and the same while a transaction is open that may still add some."""

_name = bindparam("follower", type_=Text())
_OWN = feed_progress.c.name == _name
_STANDS = select(
    select(feed_progress.c.sequence).where(_OWN).scalar_subquery().label("done"),
    literal_column("last_value - (not is_called)::int", BigInteger).label("last"),
    func.now().label("now"),
).select_from(text("events_sequence_seq"))
_BEGIN = insert(feed_progress).values(name=_name, sequence=0).on_conflict_do_nothing()
_TAKE = select(feed_progress.c.sequence).where(_OWN).with_for_update(skip_locked=True)
_MOVE = update(feed_progress).where(_OWN).values(sequence=bindparam("to"))


@dataclass(frozen=True, slots=True)
class Stretch:
    """What can be read of the feed: the events with numbers after the one and up to the other."""

    after: int
    until: int


class Follower:
    """How a duty of this name follows the feed. It gathers no events first while what `hastens` it holds."""

    def __init__(self, name: str, hastens: ColumnElement[bool] | None = None) -> None:
        self._named = {"follower": name}
        self._stands = _STANDS.add_columns((false() if hastens is None else hastens).label("hastens"))
        self._rests_until = AT_ONCE

    async def next_at(self, connection: AsyncConnection) -> datetime:
        """When there is next something to read, or to look for."""
        stands = (await connection.execute(self._stands, self._named)).one()
        done = stands.done or 0
        if stands.last <= done:
            return _after(stands.now, LOOK_AGAIN_SECONDS)
        if not stands.hastens and stands.now < self._rests_until:
            return self._rests_until
        if await settled(connection) <= done:
            return _after(stands.now, REST_SECONDS)
        self._rests_until = _after(stands.now, REST_SECONDS)
        return AT_ONCE

    async def take(self, connection: AsyncConnection) -> Stretch | None:
        """What is to be read, by nobody else until the transaction ends; None while another reads it."""
        done: int | None = (await connection.execute(_TAKE, self._named)).scalar_one_or_none()
        if done is None:
            await connection.execute(_BEGIN, self._named)
            done = (await connection.execute(_TAKE, self._named)).scalar_one_or_none()
        return None if done is None else Stretch(done, max(done, await settled(connection)))

    async def move(self, connection: AsyncConnection, to: int, *, more: bool) -> None:
        """Says that everything up to this number was done; with `more` waiting it does not rest before that."""
        await connection.execute(_MOVE, self._named | {"to": to})
        if more:
            self._rests_until = AT_ONCE


def _after(now: datetime, seconds: int) -> datetime:
    return now + timedelta(seconds=seconds)
