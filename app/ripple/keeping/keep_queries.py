"""Statements of stored analyses: which are to be made, where seconds are counted, and the rows."""

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, insert

from app.commitments.tables import commitments
from app.kernel.database import Timestamp
from app.ripple.tables import NOTHING, ripple_analyses, ripple_marks

_ids = bindparam("ids", type_=ARRAY(Uuid))
_left = bindparam("left", type_=ARRAY(Uuid))

# One that is open again has an analysis that has to go before its mark is for whoever looks after open ones.
_TO_KEEP = """
    from ripple_marks m join commitments c on c.id = m.commitment_id
    where m.commitment_id <> all(:left) and (
        c.status <> 'open' or exists (select from ripple_analyses a where a.commitment_id = m.commitment_id)
    )
"""
ANY_MARKED = text(f"select exists (select {_TO_KEEP}) as any, now() as now").bindparams(_left)
TAKE_MARKED = text(f"""
    select m.commitment_id {_TO_KEEP}
    order by m.marked_at desc limit :batch
    for update of m skip locked
""").bindparams(_left, bindparam("batch", type_=Integer()))
"""Takes marks until the transaction ends, the newest first: what was just delivered waits for no bulk."""

NOT_OPEN = select(commitments.c.id).where(commitments.c.id == func.any(_ids), commitments.c.status != "open")
UNMARK = delete(ripple_marks).where(ripple_marks.c.commitment_id == func.any(_ids))

TAKE_THESE = text("""
    insert into ripple_marks (commitment_id, marked_at)
    select id, clock_timestamp() from unnest(:ids) as wanted (id) order by id
    on conflict (commitment_id) do update set marked_at = excluded.marked_at
""").bindparams(_ids)
"""Marks these, and takes the marks until the transaction ends; waits for whoever has taken any of them."""

MARK_UNKEPT = text("""
    insert into ripple_marks (commitment_id, marked_at)
    select c.id, clock_timestamp() from commitments c
    where c.status = 'delivered' and not exists (
        select from ripple_analyses a where a.commitment_id = c.id and a.engine_version = :engine_version
    )
    order by c.id
    on conflict do nothing
""").bindparams(bindparam("engine_version", type_=Text()))
"""Marks what was delivered and has no analysis by this version of the engine."""

STORED = select(
    ripple_analyses.c.engine_version, ripple_analyses.c.graph_hash, cast(ripple_analyses.c.analysis, Text)
).where(ripple_analyses.c.commitment_id == bindparam("commitment_id", type_=Uuid()))

DELIVERED_TO = (
    text("""
    select c.id as commitment_id, c.title, c.agreed_due_at as due_at, c.delivered_at,
        a.lateness_seconds, a.plan_seconds, a.unpromised_seconds, a.analysis -> 'attribution' as attribution
    from commitments c
    left join ripple_analyses a on a.commitment_id = c.id and a.engine_version = :version
        and not exists (select from ripple_marks m where m.commitment_id = c.id)
    where c.customer_id = :customer_id and c.delivered_at >= :start and c.delivered_at < :before
    order by c.delivered_at, c.due_at, c.id
""")
    .bindparams(
        bindparam("version", type_=Text()),
        bindparam("customer_id", type_=Uuid()),
        bindparam("start", type_=Timestamp),
        bindparam("before", type_=Timestamp),
    )
    .columns(attribution=JSON)
)
"""What was delivered to a customer in a period, with what its analysis says: nulls where one is yet to be stored."""

_COMPARED = [column for column in ripple_analyses.c if column.name not in ("analysis", "analysed_at")]
STORED_ROWS = select(*_COMPARED, cast(ripple_analyses.c.analysis, Text)).where(
    ripple_analyses.c.commitment_id == func.any(_ids)
)
"""All of stored analyses that making them again has to give again."""


def _given(column: Column[Any]) -> ColumnElement[Any]:
    """The values of a column, one for each row."""
    if column.name == "analysis":
        return cast(func.unnest(bindparam("analysis", type_=ARRAY(Text))), JSON)
    return func.unnest(bindparam(column.name, type_=ARRAY(column.type)))


_upsert = insert(ripple_analyses).from_select(list(ripple_analyses.c), select(*map(_given, ripple_analyses.c)))
UPSERT: Final = _upsert.on_conflict_do_update(
    index_elements=["commitment_id"],
    set_={column.name: _upsert.excluded[column.name] for column in ripple_analyses.c if not column.primary_key},
)
REMOVE = delete(ripple_analyses).where(ripple_analyses.c.commitment_id == func.any(_ids))

_WANTED = """
    unnest(:parties, :requesters, :providers, :request_types, :priorities)
        as w (party, requester_id, provider_id, request_type_id, priority)
"""
_PLACES = (
    bindparam("parties", type_=ARRAY(Text)),
    bindparam("requesters", type_=ARRAY(Uuid)),
    bindparam("providers", type_=ARRAY(Uuid)),
    bindparam("request_types", type_=ARRAY(Uuid)),
    bindparam("priorities", type_=ARRAY(Text)),
)
_SAME = " and ".join(f"coalesce(p.{name}, {none}) = coalesce(w.{name}, {none})" for name, none in NOTHING.items())
PLACES = text(f"""
    select p.* from {_WANTED}
    cross join lateral (select * from ripple_places p where p.party = w.party and {_SAME} offset 0) p
""").bindparams(*_PLACES)
"""Those of these places that are there, with their ids: each is looked up, however many there are (`offset 0`)."""
ADD_PLACES = text(f"""
    insert into ripple_places (party, requester_id, provider_id, request_type_id, priority)
    select w.* from {_WANTED} order by 1, 2, 3, 4, 5
    on conflict do nothing
""").bindparams(*_PLACES)
"""Adds these places, in an order in which no two wait for each other."""
