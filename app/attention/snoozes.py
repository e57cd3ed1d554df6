"""Use cases of snoozes: leaving alone what needs attention, for a while and for a reason.

A snooze is of one thing at a time, as it is: it ends when it is over, when somebody deletes it, and when the same
happens anew, such as another wait of the same ticket.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.attention.attention import KINDS, Patience, entry
from app.attention.schemas import Snooze, SnoozeDraft, SnoozeListing, Subject
from app.attention.tables import attention_snoozes
from app.kernel import paging
from app.kernel.database import Row, Timestamp
from app.kernel.ids import new_id
from app.kernel.paging import Page
from app.kernel.preconditions import require_version
from app.kernel.problems import Invalid, NotFound
from app.kernel.work import Work

LONGEST: Final = timedelta(days=366)

_of = attention_snoozes.c
_lasts = _of.until > bindparam("now", type_=Timestamp)
_SNOOZES: Final[Select[Any]] = select(attention_snoozes).where(_lasts)
_SNOOZE: Final = _SNOOZES.where(_of.id == bindparam("snooze_id"))
_new = insert(attention_snoozes)
_PUT: Final = _new.on_conflict_do_update(
    index_elements=["kind", "subject_id"],
    set_={
        **{name: _new.excluded[name] for name in ("id", "since", "until", "reason", "actor")},
        "version": 1,
        "created_at": func.now(),
        "updated_at": func.now(),
    },
).returning(*_of)
_DELETE: Final = delete(attention_snoozes).where(_of.id == bindparam("snooze_id"))


async def snooze(work: Work, wanted: SnoozeDraft, patience: Patience) -> Snooze:
    """Leaves something alone until an instant; a snooze of it that there is, is replaced.

    Raises:
        Invalid: it does not need attention, or the instant has passed or lies too far ahead.
    """
    kind = KINDS[wanted.kind]
    if wanted.subject.type != kind.subject:
        raise Invalid.field("/subject/type", f"must be {kind.subject}, which is what {kind.name} is about.")
    if not work.now < wanted.until <= work.now + LONGEST:
        raise Invalid.field("/until", "must lie in the future, and at most a year ahead.")
    found = await entry(work.connection, kind, wanted.subject.id, work.now, patience)
    if found is None:
        raise Invalid.field("/subject/id", f"names nothing that needs attention as {kind.name}.")
    values = {
        "id": new_id(),
        "kind": kind.name,
        "subject_id": wanted.subject.id,
        "since": found["since"],
        "until": wanted.until,
        "reason": wanted.reason,
        "actor": work.actor,
    }
    return _shaped((await work.connection.execute(_PUT, values)).mappings().one())


async def wake(work: Work, id_: UUID, expected: frozenset[int] | None) -> None:
    """Ends a snooze: what it was of is listed again, if it still needs attention."""
    present = await one(work, id_)
    require_version(expected, present.version)
    await work.connection.execute(_DELETE, {"snooze_id": id_})


async def one(work: Work, id_: UUID) -> Snooze:
    """One that is not over.

    Raises:
        NotFound: there is none with this id.
    """
    row = (await work.connection.execute(_SNOOZE, {"snooze_id": id_, "now": work.now})).mappings().first()
    if row is None:
        raise NotFound(f"There is no snooze with id {id_}, or it is over.")
    return _shaped(row)


async def page(work: Work, asked: SnoozeListing) -> Page[Snooze]:
    """A page of those that are not over."""
    conditions = [_of[name] == value for name, value in asked.filters().items()]
    ordered = paging.order(asked.sort, {name: _of[name] for name in ("id", "created_at", "until")}, "id")
    statement = _SNOOZES.where(*conditions)
    rows, cursor = await paging.fetch(work.connection, statement, asked, ordered, {"now": work.now})
    return Page([_shaped(row) for row in rows], cursor)


def _shaped(row: Row) -> Snooze:
    return Snooze(
        id=row["id"],
        version=row["version"],
        kind=row["kind"],
        subject=Subject(KINDS[row["kind"]].subject, row["subject_id"]),
        since=row["since"],
        until=row["until"],
        reason=row["reason"],
        actor=row["actor"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
