"""Statements of the catalogue as people look at it: what is offered, what is promised for it, and what was reached."""

from sqlalchemy import ARRAY, Uuid, bindparam, func, literal, null, select, text, true, union_all

from app.catalogue.tables import request_types
from app.directory.tables import calendars, departments
from app.kernel.database import Timestamp
from app.service_levels.queries import excluded
from app.service_levels.tables import slas

_listed = select(
    request_types.c.id,
    request_types.c.id.label("request_type_id"),
    request_types.c.provider_department_id,
    request_types.c.key,
    request_types.c.name,
    request_types.c.kind,
    request_types.c.description,
    request_types.c.required_fields,
    literal(0).label("place"),
)
_anything_else = select(
    departments.c.id,
    null().cast(Uuid),
    departments.c.id,
    null().cast(request_types.c.key.type),
    null().cast(request_types.c.name.type),
    null().cast(request_types.c.kind.type),
    null().cast(request_types.c.description.type),
    null().cast(request_types.c.required_fields.type),
    literal(1),
).where(
    select(slas.c.id)
    .where(slas.c.provider_department_id == departments.c.id, slas.c.active == true(), slas.c.request_type_id.is_(None))
    .exists()
)
entries = union_all(_listed, _anything_else).subquery("catalogue")
"""What is in the catalogues, and for each provider with an SLA for more than that an entry that stands for the rest."""

# A key that ends in U+0001 sorts before every longer one, so entries follow their provider; what is left comes last.
IN_ORDER = func.concat(departments.c.key, "\x01", entries.c.place, entries.c.name, "\x01").collate("C")

ENTRIES = select(
    *entries.c,
    departments.c.key.label("provider_key"),
    departments.c.name.label("provider_name"),
).join(departments, departments.c.id == entries.c.provider_department_id)

_towards = departments.alias("towards")
PROMISES = (
    select(
        slas,
        calendars.c.name.label("calendar_name"),
        calendars.c.timezone,
        calendars.c.hours,
        _towards.c.key.label("towards_key"),
        _towards.c.name.label("towards_name"),
    )
    .join(calendars, calendars.c.id == slas.c.calendar_id)
    .outerjoin(_towards, _towards.c.id == slas.c.requester_department_id)
    .where(
        slas.c.active == true(),
        slas.c.provider_department_id == func.any(bindparam("provider_ids", type_=ARRAY(Uuid))),
    )
    .order_by(slas.c.rank, slas.c.id)
)
"""The active SLAs of these providers, in the order in which they are tried."""

REACHED = text(f"""
    select c.sla_id, offered.id as request_type_id, c.metric,
        count(*) as long_decided,
        count(*) filter (where c.met_at is not null) as long_met,
        count(*) filter (where decision.at >= :short) as short_decided,
        count(*) filter (where decision.at >= :short and c.met_at is not null) as short_met
    from ticket_clocks c
    join tickets t on t.id = c.ticket_id
    left join request_types offered
        on offered.id = t.request_type_id and offered.provider_department_id = c.department_id
    cross join lateral (select coalesce(c.met_at, c.breached_at, c.due_at) as at) decision
    where c.sla_id = any(:sla_ids)
        and (c.met_at >= :long or c.breached_at >= :long
            or c.state = 'running' and c.due_at >= :long and c.due_at < :now)
        and (cast(:requester_id as uuid) is null or t.requester_department_id = :requester_id)
        and not {excluded("decision.at")}
    group by c.sla_id, offered.id, c.metric
""").bindparams(
    bindparam("sla_ids", type_=ARRAY(Uuid)),
    bindparam("short", type_=Timestamp),
    bindparam("long", type_=Timestamp),
    bindparam("now", type_=Timestamp),
    bindparam("requester_id", type_=Uuid),
)
"""What was decided of the clocks of these SLAs since either of two instants, by what was asked for, as reports count
it: a clock whose due time has passed is breached, also before anybody wrote that down. What a ticket asked for counts
only where it is in the catalogue of whoever undertook the clock; a ticket passed on came as anything else."""
