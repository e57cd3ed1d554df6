"""Statements of tickets. What a request costs can be read here: reading any number of tickets is one statement."""

from sqlalchemy import (
    ARRAY,
    Integer,
    Select,
    Table,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert

from app.customers.tables import customers
from app.directory.tables import calendars, departments
from app.kernel.database import Timestamp, any_of
from app.tickets.tables import (
    IS_UNRESOLVED,
    ticket_clocks,
    ticket_dependencies,
    ticket_feedback,
    ticket_history,
    ticket_legs,
    ticket_waits,
    tickets,
)

_blocks = (
    select(func.array_agg(aggregate_order_by(ticket_dependencies.c.blocked_id, ticket_dependencies.c.position)))
    .where(ticket_dependencies.c.blocker_id == tickets.c.id)
    .scalar_subquery()
)
_blocker = ticket_dependencies.alias("blocker")
_blocked_by = (
    select(func.array_agg(aggregate_order_by(_blocker.c.blocker_id, _blocker.c.blocker_id)))
    .where(_blocker.c.blocked_id == tickets.c.id)
    .scalar_subquery()
)
_clock = select(*ticket_clocks.c, calendars.c.version.label("calendar_version")).join(
    calendars, calendars.c.id == ticket_clocks.c.calendar_id
)
_clocks = (
    select(func.json_agg(aggregate_order_by(literal_column("clock"), literal_column("clock.number"))))
    .select_from(_clock.where(ticket_clocks.c.ticket_id == tickets.c.id).correlate(tickets).subquery("clock"))
    .scalar_subquery()
)

_sender = ticket_legs.alias("sender")
_hand_off = (
    select(
        func.json_build_object(
            "from_department_id",
            _sender.c.department_id,
            "arrived_by",
            ticket_legs.c.arrived_by,
            "at",
            ticket_legs.c.started_at,
            "reason",
            ticket_legs.c.reason,
            "context",
            ticket_legs.c.context,
            "accepted_at",
            func.coalesce(ticket_legs.c.accepted_at, ticket_legs.c.acknowledged_at),
        )
    )
    .join(_sender, and_(_sender.c.ticket_id == ticket_legs.c.ticket_id, _sender.c.number == ticket_legs.c.number - 1))
    .where(ticket_legs.c.ticket_id == tickets.c.id, ticket_legs.c.number == tickets.c.leg)
    .correlate(tickets)
    .scalar_subquery()
)

TICKETS: Select[tuple[object, ...]] = select(
    *tickets.c,
    _blocks.label("blocks"),
    _blocked_by.label("blocked_by"),
    cast(_clocks, JSON).label("clocks"),
    cast(case((tickets.c.leg > 1, _hand_off)), JSON).label("hand_off"),
    customers.c.annual_value.label("customer_value"),
    case((customers.c.annual_value.is_not(None), customers.c.currency)).label("currency"),
).join(customers, customers.c.id == tickets.c.customer_id)
"""Tickets with what they block, what blocks them, their clocks, how they came where they are, and what their customers
are worth: one row each."""

TICKET = TICKETS.where(tickets.c.id == bindparam("ticket_id"))
TICKETS_BY_ID = TICKETS.where(tickets.c.id == any_of("ids")).order_by(tickets.c.id)
TOLD_AT_OPENING = select(
    tickets.c.title, tickets.c.description, tickets.c.customer_id, tickets.c.resolved_at, tickets.c.ended_at
).where(tickets.c.id == bindparam("ticket_id"))
PARTIES = select(tickets.c.id, tickets.c.requester_department_id, tickets.c.provider_department_id).where(
    tickets.c.id == func.any(cast(bindparam("ids"), ARRAY(Uuid)))
)
EXISTS = select(tickets.c.number).where(tickets.c.id == bindparam("ticket_id"))

KNOWN_REFERENCES = select(tickets.c.source, tickets.c.external_ref).where(
    tickets.c.external_ref == func.any(cast(bindparam("external_refs"), ARRAY(tickets.c.external_ref.type)))
)


def _rows_of(table: Table, *left_to_the_database: str) -> str:
    """Inserts the rows of a table that are given in JSON under its name."""
    columns = ", ".join(column.name for column in table.c if column.name not in left_to_the_database)
    rows = f"json_populate_recordset(null::{table.name}, :{table.name})"
    return f"insert into {table.name} ({columns}) select {columns} from {rows}"


_OPENED = (tickets, ticket_legs, ticket_clocks, ticket_history)
_of_opened = "where ticket_id in (select id from opened)"
_OPEN = text(f"""
    with opened as (
        {_rows_of(tickets, "number", "weight", "created_at", "updated_at")}
        on conflict (source, external_ref) where external_ref is not null do nothing
        returning id, number
    ), leg as (
        {_rows_of(ticket_legs)} {_of_opened}
    ), clock as (
        {_rows_of(ticket_clocks, "warned_share")} {_of_opened}
    ), entry as (
        {_rows_of(ticket_history)} {_of_opened}
    )
    select id, number from opened
""")
OPEN = _OPEN.bindparams(*(bindparam(table.name, type_=JSON) for table in _OPENED)).columns(
    tickets.c.id, tickets.c.number
)
"""Stores tickets in the given order, with their legs, clocks and history, but for those whose external reference is
another's. Sending a row takes longer than storing it, so all are sent at once."""
INSERT_LEGS = insert(ticket_legs)
INSERT_WAITS = insert(ticket_waits)
INSERT_HISTORY = insert(ticket_history)
INSERT_DEPENDENCIES = insert(ticket_dependencies)

_clock_row = upsert(ticket_clocks)
UPSERT_CLOCKS = _clock_row.on_conflict_do_update(
    index_elements=["ticket_id", "number"],
    set_={
        column.name: _clock_row.excluded[column.name]
        for column in ticket_clocks.c
        if column.name not in ("ticket_id", "number", "warned_share")
    },
)

_in_order = (
    select(tickets.c.id)
    .where(tickets.c.id == func.any(cast(bindparam("ids"), ARRAY(Uuid))))
    .order_by(tickets.c.id)
    .with_for_update(key_share=True)
    .cte("in_order")
)
TOUCH = (
    update(tickets)
    .where(tickets.c.id.in_(select(_in_order.c.id)))
    .values(version=tickets.c.version + 1, updated_at=func.now())
)
"""A new version of tickets whose answer changed through another ticket; locked by id, so that no two writers wait in
a circle."""

LOCK = select(tickets.c.id).where(tickets.c.id == any_of("ids")).order_by(tickets.c.id).with_for_update(key_share=True)
"""Locks tickets, to be read by the next statement: one that waited for the lock itself would see the clocks and the
dependencies of before. By id, so that no two writers wait in a circle; what refers to them can be made meanwhile."""

_CALENDARS = 0x4F574451
CALENDARS_CHANGE = select(func.pg_advisory_xact_lock(_CALENDARS))
"""Waits for those at work on tickets, who may go by a calendar as it was, and keeps others from beginning: see `WORK`.
Taken once the calendar's own row is, and before any ticket's."""
CALENDARS_HELD = select(func.pg_advisory_xact_lock_shared(_CALENDARS)).scalar_subquery().is_not(None)
WORK = LOCK.where(CALENDARS_HELD)
"""Locks tickets as `LOCK` does, for whoever will change their clocks: until then no calendar changes. Which ones matter
is not known before the tickets are read, so all are held; the subquery is evaluated before the first row is locked."""
LEGS = select(ticket_legs).where(ticket_legs.c.ticket_id == bindparam("ticket_id")).order_by(ticket_legs.c.number)
OPEN_WAIT = select(ticket_waits).where(
    ticket_waits.c.ticket_id == bindparam("ticket_id"), ticket_waits.c.ended_at.is_(None)
)
LAST_WAIT = select(func.coalesce(func.max(ticket_waits.c.number), 0)).where(
    ticket_waits.c.ticket_id == bindparam("ticket_id")
)
HISTORY = (
    select(ticket_history).where(ticket_history.c.ticket_id == bindparam("ticket_id")).order_by(ticket_history.c.number)
)
HISTORY_ENTRIES = select(*ticket_history.c, ticket_history.c.ticket_id.label("id"))
UPDATE_TICKET = update(tickets).where(tickets.c.id == bindparam("ticket_id"))
UPDATE_LEG = update(ticket_legs).where(
    ticket_legs.c.ticket_id == bindparam("of_ticket"), ticket_legs.c.number == bindparam("of_leg")
)
END_WAIT = update(ticket_waits).where(
    ticket_waits.c.ticket_id == bindparam("of_ticket"), ticket_waits.c.ended_at.is_(None)
)
DEPARTMENT = select(departments.c.id).where(departments.c.id == bindparam("department_id"))
TIER = select(customers.c.tier).where(customers.c.id == bindparam("customer_id"))

_of_ticket = ticket_feedback.c.ticket_id == bindparam("ticket_id")
FEEDBACK = select(ticket_feedback).where(_of_ticket, ticket_feedback.c.number == bindparam("number"))
ALL_FEEDBACK = select(ticket_feedback).where(_of_ticket).order_by(ticket_feedback.c.number)
_feedback_row = upsert(ticket_feedback)
PUT_FEEDBACK = _feedback_row.on_conflict_do_update(
    index_elements=["ticket_id", "number"],
    set_={name: _feedback_row.excluded[name] for name in ("score", "comment", "member_id", "changed_at", "actor")},
)

DEPENDENCY_LOCK = select(func.pg_advisory_xact_lock(0x4F574450))
"""Only one transaction at a time adds dependencies: two that cross could each miss the circle they close together."""

BLOCKED_BEYOND = text("""
    with recursive beyond (id) as (
        select cast(:blocked_id as uuid)
        union
        select d.blocked_id from beyond join ticket_dependencies d on d.blocker_id = beyond.id
    )
    select b.number as blocker, a.number as blocked, d.blocker_id, d.blocked_id
    from beyond
    join ticket_dependencies d on d.blocker_id = beyond.id
    join tickets b on b.id = d.blocker_id
    join tickets a on a.id = d.blocked_id
""")
"""Every dependency on the ways that lead on from what `blocked_id` blocks."""

NEXT_POSITION = select(func.coalesce(func.max(ticket_dependencies.c.position) + 1, 0)).where(
    ticket_dependencies.c.blocker_id == bindparam("blocker_id")
)
REMOVE_DEPENDENCY = delete(ticket_dependencies).where(
    ticket_dependencies.c.blocker_id == bindparam("blocker_id"),
    ticket_dependencies.c.blocked_id == bindparam("blocked_id"),
)
UNBLOCKED = text(f"""
    select distinct on (d.blocked_id) d.blocked_id, d.blocker_id from ticket_dependencies d
    join tickets b on b.id = d.blocked_id and b.{IS_UNRESOLVED}
    where d.blocker_id = any(:ids) and not exists (
        select from ticket_dependencies o join tickets t on t.id = o.blocker_id
        where o.blocked_id = d.blocked_id and o.blocker_id <> all(:ids)
            and t.{IS_UNRESOLVED})
    order by d.blocked_id, d.blocker_id desc
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))
"""The unresolved tickets for which these were the last blockers that were not done, each with the latest of them."""

_runs = (ticket_clocks.c.calendar_id == bindparam("calendar_id"), ticket_clocks.c.state == "running")
LOCK_RUNNING = (
    select(tickets.c.id)
    .where(tickets.c.id.in_(select(ticket_clocks.c.ticket_id).where(*_runs)))
    .order_by(tickets.c.id)
    .with_for_update(key_share=True)
)
"""Locks the tickets with a running clock on a calendar, as whoever changes one of them does before its clocks."""
RUNNING_CLOCKS = (
    select(ticket_clocks.c.ticket_id, func.to_json(literal_column("ticket_clocks")).label("clock"))
    .where(*_runs, ticket_clocks.c.ticket_id == func.any(cast(bindparam("ids"), ARRAY(Uuid))))
    .order_by(ticket_clocks.c.ticket_id, ticket_clocks.c.number)
)
RESCHEDULE_CLOCKS = text("""
    update ticket_clocks c set due_at = n.due_at, next_alarm_at = n.next_alarm_at
    from unnest(:ids, :numbers, :due, :alarms) as n (ticket_id, number, due_at, next_alarm_at)
    where c.ticket_id = n.ticket_id and c.number = n.number
""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("numbers", type_=ARRAY(Integer)),
    bindparam("due", type_=ARRAY(Timestamp)),
    bindparam("alarms", type_=ARRAY(Timestamp)),
)
FOLLOW_CLOCKS = text("""
    update tickets t set due_at = c.due_at, version = t.version + 1, updated_at = now()
    from ticket_clocks c, tickets before
    where t.id = any(:ids) and before.id = t.id and c.ticket_id = t.id and t.due_at is distinct from c.due_at
        and c.metric = 'resolve' and (
            c.scope = 'ticket' or (c.leg = t.leg and not exists (
                select from ticket_clocks s where s.ticket_id = t.id and s.metric = 'resolve' and s.scope = 'ticket')))
    returning t.id, before.due_at
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))
"""Gives tickets the due time of the clock that decides for them: `resolve` of scope ticket, else of the leg. Returns
those that had another, with that."""

HISTORIES = (
    select(ticket_history)
    .where(ticket_history.c.ticket_id == func.any(cast(bindparam("ids"), ARRAY(Uuid))))
    .order_by(ticket_history.c.ticket_id, ticket_history.c.number)
)
MOVE_TICKETS = (
    update(tickets)
    .where(tickets.c.id == bindparam("of_ticket"))
    .values({name: bindparam(name) for name in ("due_at", "breached_at", "last_at", "version", "updated_at")})
)
MOVE_LEGS = text("""
    update ticket_legs set sla_version = :to
    where ticket_id = :of_ticket and number = any(:legs) and sla_id = :of_sla
""").bindparams(
    bindparam("legs", type_=ARRAY(Integer)), bindparam("of_ticket", type_=Uuid), bindparam("of_sla", type_=Uuid)
)
"""Gives legs another version of the SLA they were matched with."""

BEHIND = text(f"""
    with unresolved as (
        select t.id, t.leg,
            (select h.details -> 'selected' -> 'leg' from ticket_history h
                where h.ticket_id = t.id and jsonb_exists(h.details, 'selected')
                order by h.number desc limit 1) as of_leg,
            (select h.details -> 'selected' -> case when h.leg = 1 then 'leg' else 'ticket' end from ticket_history h
                where h.ticket_id = t.id and h.verb in ('open', 'prioritise', 'reapply')
                order by h.number desc limit 1) as of_ticket,
            (select h.details -> 'selected' ->> 'leg' is not null from ticket_history h
                where h.ticket_id = t.id order by h.number limit 1) as has_clock_of_ticket
        from tickets t
        where t.{IS_UNRESOLVED}
    )
    select id, count(*) over () as behind
    from unresolved
    where of_leg ->> 'sla_id' = :sla_id and (of_leg ->> 'version')::int <> :version
        or leg > 1 and has_clock_of_ticket and of_ticket ->> 'sla_id' = :sla_id
            and (of_ticket ->> 'version')::int <> :version
    order by id
    limit :most
""")
"""The unresolved tickets whose current leg, or clock of scope ticket, goes by another version of an SLA than this one:
by what was matched last, as the history has it. `behind` is how many there are in all."""

CONCERNED = text("""
    select t.id, t.number, t.opened_at, t.requester_department_id, t.request_type_id, c.tier
    from tickets t
    join customers c on c.id = t.customer_id
    where t.opened_at < :before
        and (coalesce(t.resolved_at, t.ended_at) >= :since or coalesce(t.resolved_at, t.ended_at) is null)
        and (:opened_at is null or (t.opened_at, t.id) < (:opened_at, :after))
        and exists (select from ticket_legs l where l.ticket_id = t.id and l.department_id = any(:provider_ids))
    order by t.opened_at desc, t.id desc
    limit :most
""").bindparams(
    bindparam("opened_at", type_=Timestamp),
    bindparam("after", type_=Uuid),
    bindparam("provider_ids", type_=ARRAY(Uuid)),
)
"""The tickets that were with some departments and were not done before a stretch of time began, the latest first."""
