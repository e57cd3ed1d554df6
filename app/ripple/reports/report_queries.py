"""Statements of the reports on stored analyses: whole periods in a handful of rows."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Date,
    LargeBinary,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    text,
)

from app.commitments.tables import commitments
from app.customers.tables import customers
from app.kernel.database import Timestamp
from app.kernel.reports import Period
from app.ripple.keeping.packed_fits import FIT_BYTES
from app.ripple.keeping.packing import MISMATCH_BYTES
from app.ripple.tables import DAY_COLUMNS, ripple_analyses, ripple_days, ripple_marks, ripple_places

_OF_ROW: Final = {
    "commitment_ids": "uuid_send(ripple_analyses.commitment_id)",
    "customer_ids": "uuid_send(ripple_analyses.customer_id)",
    "delivered_at": "int8send(extract(epoch from ripple_analyses.delivered_at)::bigint)",
    "lateness": "int8send(lateness_seconds)",
    "plan": "int8send(plan_seconds)",
    "unpromised": "int8send(unpromised_seconds)",
    "delay": "int8send(delay_seconds)",
    "worth_high": "int8send(coalesce(div(commitments.value * 10000, 1000000000), 0)::bigint)",
    "worth_low": "int4send(coalesce(mod(commitments.value * 10000, 1000000000), 0)::int)",
    "worth_digits": "int2send(coalesce(scale(commitments.value), -1)::smallint)",
    "currencies": "convert_to(rpad(coalesce(commitments.currency, ''), 3), 'UTF8')",
    "entries": "int4send(octet_length(places) / 4)",
    "mismatches": f"int4send(octet_length(unfit) / {MISMATCH_BYTES})",
    "fitted": f"int4send(octet_length(fits) / {FIT_BYTES})",
}
"""What a row is in each column of many; the rest are columns of its own."""

_PUT_TOGETHER: Final = {name: f"coalesce(string_agg({_OF_ROW.get(name, name)}, ''), '')" for name in DAY_COLUMNS}

_columns: list[ColumnElement[Any]] = [literal_column(sql).label(name) for name, sql in _PUT_TOGETHER.items()]
PIECES: Select[*tuple[Any, ...]] = select(*_columns).select_from(
    ripple_analyses.join(commitments, commitments.c.id == ripple_analyses.c.commitment_id)
)
"""Stored analyses put one behind the other, in one row; each reader adds which. All columns are in the same order."""

STATES = select(ripple_days.c.day, ripple_days.c.stale_since, ripple_days.c.made).where(
    ripple_days.c.day.between(bindparam("first"), bindparam("last"))
)
"""Which days there are, which of them are stale, and when one was made anew."""

DAYS = select(ripple_days.c.day, ripple_days.c.made, *(ripple_days.c[name] for name in DAY_COLUMNS)).where(
    ripple_days.c.day == any_(bindparam("days", type_=ARRAY(Date))), ripple_days.c.stale_since.is_(None)
)
"""Days as they were put together; those that are stale are left out."""

_days = func.unnest(bindparam("days", type_=ARRAY(Date))).table_valued("day").render_derived(name="days")
OF_DAYS = PIECES.join(
    _days,
    and_(
        ripple_analyses.c.delivered_at >= literal_column("days.day::timestamptz"),
        ripple_analyses.c.delivered_at < literal_column("(days.day + 1)::timestamptz"),
    ),
)
"""The analyses of some days."""

STALE_DAY = (
    select(ripple_days.c.day)
    .where(ripple_days.c.stale_since <= bindparam("since"))
    .order_by(ripple_days.c.stale_since)
    .limit(1)
    .with_for_update(skip_locked=True)
)
STALE_SINCE = select(func.min(ripple_days.c.stale_since))
PUT_TOGETHER = text(f"""
    update ripple_days set stale_since = null, made = gen_random_uuid(), ({", ".join(DAY_COLUMNS)}) = (
        select {", ".join(_PUT_TOGETHER.values())}
        from ripple_analyses join commitments on commitments.id = ripple_analyses.commitment_id
        where ripple_analyses.delivered_at >= cast(:day as date)
            and ripple_analyses.delivered_at < cast(:day as date) + 1
    ) where day = cast(:day as date)
""").bindparams(bindparam("day", type_=Date))
"""Makes a day anew, whose row is locked."""

_delivered = select(func.count()).select_from(commitments)
_analysed = select(func.count()).select_from(ripple_analyses)


def awaiting(period: Period, chosen: Sequence[ColumnElement[bool]]) -> Select[int]:
    """How many of the chosen commitments have no analysis, or one that is to be done again."""

    def within(delivered_at: Column[Any]) -> ColumnElement[bool]:
        return and_(delivered_at >= period.start, delivered_at < period.before)

    of_commitment = commitments.c.id == ripple_analyses.c.commitment_id
    delivered = _delivered.where(within(commitments.c.delivered_at), *chosen)
    analysed = _analysed.where(within(ripple_analyses.c.delivered_at))
    if chosen:
        analysed = analysed.join(commitments, of_commitment).where(*chosen)
    again = analysed.join(ripple_marks, ripple_marks.c.commitment_id == ripple_analyses.c.commitment_id)
    return select(delivered.scalar_subquery() - analysed.scalar_subquery() + again.scalar_subquery())


THERE = text("""
    select
        (select count(*) from commitments where delivered_at >= :start and delivered_at < :before),
        (select count(*) from ripple_marks m join ripple_analyses a on a.commitment_id = m.commitment_id
            where a.delivered_at >= :start and a.delivered_at < :before)
""").bindparams(bindparam("start", type_=Timestamp), bindparam("before", type_=Timestamp))
"""How many commitments were delivered in a period, and how many have an analysis that is to be done again."""


PLACES = (
    select(ripple_places, literal_column("ripple_places.xmin::text::bigint").label("xmin"))
    .where(ripple_places.c.id >= bindparam("since"))
    .order_by(ripple_places.c.id)
)

TIERS = text("""
    select tier, coalesce(string_agg(uuid_send(id), ''), '') as ids from customers
    where tier is not null group by tier order by tier
""")
"""The ids of each tier's customers, one behind the other."""

IN_TIER = text("select coalesce(string_agg(uuid_send(id), ''), '') from customers where tier = :tier")
"""The ids of a tier's customers, one behind the other."""

ANNUAL_VALUES = text("""
    select coalesce(string_agg(uuid_send(id), ''), ''),
        coalesce(string_agg(int8send(div(annual_value * 10000, 1000000000)::bigint), ''), ''),
        coalesce(string_agg(int4send(mod(annual_value * 10000, 1000000000)::int), ''), ''),
        coalesce(string_agg(int2send(scale(annual_value)::smallint), ''), ''),
        coalesce(string_agg(convert_to(rpad(currency, 3), 'UTF8'), ''), '')
    from generate_series(0, cast(:last as int)) n
    join customers on customers.id = encode(substr(:ids, 16 * n + 1, 16), 'hex')::uuid
    where annual_value is not null
""").bindparams(bindparam("ids", type_=LargeBinary))
"""Of the customers whose ids these are, one behind the other: packed like `app.ripple.reports.pieces.Pieces`."""

CUSTOMER_NAMES = select(customers.c.id, customers.c.external_ref, customers.c.name).where(
    customers.c.id == any_(bindparam("customer_ids", type_=ARRAY(Uuid)))
)
TITLES = select(commitments.c.id, commitments.c.title).where(
    commitments.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
)
