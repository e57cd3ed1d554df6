"""Statements of forecasts: what they are learned from, and the forecasts that are stored."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Double, Uuid, bindparam, delete, select, text
from sqlalchemy.types import TypeEngine

from app.directory.tables import departments
from app.kernel.database import Timestamp
from app.ripple.tables import ripple_forecasts
from app.tickets.tables import tickets

_ids = bindparam("ids", type_=ARRAY(Uuid))

COMMITMENTS_TO_LEARN_FROM = text("""
    with latest as materialized (
        select id, row_number() over (order by promised_at desc, id) as place
        from commitments where promised_at <= :as_of
        order by promised_at desc, id limit :among
    )
    select id from latest, (select count(*) as size from latest) as whole
    where place * :most / size > (place - 1) * :most / size
    order by place
""").bindparams(bindparam("as_of", type_=Timestamp), bindparam("most", type_=BigInteger()))
"""Of those promised last so many, evenly spread among them."""

TICKETS = (
    select(
        tickets.c.id,
        tickets.c.number,
        tickets.c.title,
        departments.c.id.label("department_id"),
        departments.c.key.label("department"),
        departments.c.name.label("department_name"),
    )
    .join_from(tickets, departments, departments.c.id == tickets.c.provider_department_id)
    .where(tickets.c.id == _ids.any_())
)
"""Tickets as forecasts name them, with the department that holds each."""

AT_RISK_SINCE = select(ripple_forecasts.c.at_risk_since).where(
    ripple_forecasts.c.commitment_id == bindparam("commitment_id")
)

# One that is open again, but has an analysis still, is first looked after by whoever keeps those.
_TO_LOOK_AT = """
    ripple_marks m join commitments c on c.id = m.commitment_id
    where c.status = 'open' and not exists (select from ripple_analyses a where a.commitment_id = c.id)
"""
NEXT = text(f"""
    select
        exists (select from {_TO_LOOK_AT}) as is_marked,
        (select min(look_at) from ripple_forecasts) as look_at
""").columns(look_at=Timestamp)

LOCK_MARKS = text(f"""
    select m.commitment_id from {_TO_LOOK_AT}
    order by m.marked_at limit :batch
    for update of m skip locked
""")

# Whether they are open is read anew, now that nobody can mark them: a mark of one delivered since is not ours to take.
TAKE_MARKS = text("""
    with taken as (
        delete from ripple_marks m using commitments c
        where m.commitment_id = any(:ids) and c.id = m.commitment_id and c.status = 'open'
        returning m.commitment_id
    )
    insert into ripple_forecasts (commitment_id, look_at)
    select commitment_id, :now from taken order by commitment_id
    on conflict (commitment_id) do update set look_at = least(ripple_forecasts.look_at, excluded.look_at)
    returning commitment_id
""").bindparams(_ids, bindparam("now", type_=Timestamp))

CLAIM = (
    select(ripple_forecasts)
    .where(ripple_forecasts.c.look_at <= bindparam("now"))
    .order_by(ripple_forecasts.c.look_at)
    .limit(bindparam("batch"))
    .with_for_update(skip_locked=True)
)

# An import, and the demo, make a commitment together with a ticket beneath it.
RECORDED_AS_HISTORY = text("""
    select distinct t.commitment_id
    from tickets t join ticket_history h on h.ticket_id = t.id and h.number = 1
    where t.commitment_id = any(:ids) and h.actor ->> 'type' = any(:actors)
""").bindparams(_ids)

STILL_OPEN = text("""
    select id from commitments where id = any(:ids) and status = 'open' order by id for share skip locked
""").bindparams(_ids)
"""Those of some commitments that are open and stay so until the transaction ends; without those that may just end."""

COLUMNS: Final[Mapping[str, TypeEngine[Any]]] = {
    "ids": Uuid(),
    "looks": Timestamp,
    "seen": Timestamp,
    "p50s": Timestamp,
    "p80s": Timestamp,
    "p95s": Timestamp,
    "probabilities": Double(),
    "tickets": Uuid(),
    "shares": Double(),
    "since": Timestamp,
}
STORE = text("""
    update ripple_forecasts f set
        look_at = n.look_at, is_baseline = false, as_of = n.as_of, p50 = n.p50, p80 = n.p80, p95 = n.p95,
        probability_late = n.probability_late, last_ticket_id = n.last_ticket_id, last_share = n.last_share,
        at_risk_since = n.at_risk_since
    from unnest(:ids, :looks, :seen, :p50s, :p80s, :p95s, :probabilities, :tickets, :shares, :since)
        as n (id, look_at, as_of, p50, p80, p95, probability_late, last_ticket_id, last_share, at_risk_since)
    where f.commitment_id = n.id
""").bindparams(*(bindparam(name, type_=ARRAY(kind)) for name, kind in COLUMNS.items()))

PUT_OFF = text("update ripple_forecasts set look_at = :look_at where commitment_id = any(:ids)").bindparams(
    _ids, bindparam("look_at", type_=Timestamp)
)

FORGET = delete(ripple_forecasts).where(ripple_forecasts.c.commitment_id == _ids.any_())
