"""The statements by which jobs are claimed from lanes, each one for any number of lanes and jobs.

A process tells them of the lanes it is busy with: how many jobs of each it is doing, how many it has leased and not yet
settled, and in which of its turns it last claimed any.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, BindParameter, Double, Integer, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Timestamp

LONGEST_LEASE_SECONDS: Final = 60

QUICKLY: Final = text(
    "select set_config('synchronous_commit', 'off', true),"
    " set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)"
)
"""Begins a transaction that claims, or looks for what could be claimed. A claim that is lost means a repetition and
nothing else, so none waits for the disk; and the plans were maybe made when there were few jobs, and are kept when
there are many."""

_KNOWN: Final[tuple[BindParameter[Any], ...]] = (
    bindparam("kind", type_=Text()),
    bindparam("lanes", type_=ARRAY(Uuid())),
    bindparam("doing", type_=ARRAY(Integer())),
    bindparam("leased", type_=ARRAY(Integer())),
    bindparam("served", type_=ARRAY(BigInteger())),
    bindparam("share", type_=Double()),
)
# The lanes, and how many jobs more this process could do in each, if there are any. `share` of a lane's width, at least
# one, is what it may take.
_ABLE: Final = """
    known (id, doing, leased, served) as (
        select * from unnest(:lanes, :doing, :leased, :served)
    ),
    able as (
        select job_lanes.id, job_lanes.ordered, job_lanes.opens_at, known.served,
            job_lanes.ordered or job_lanes.opens_at is not null as singly,
            coalesce(known.doing, 0) as doing,
            case
                when job_lanes.ordered or job_lanes.opens_at is not null then 1 - coalesce(known.leased, 0)
                else greatest(1, ceil(job_lanes.width * :share)::int) - coalesce(known.doing, 0)
            end as room
        from job_lanes left join known on known.id = job_lanes.id
        where job_lanes.kind = :kind and not job_lanes.stopped
    )
"""
# When the job of a lane that is to be done first falls due.
_FIRST: Final = """
    lateral (
        (select run_at from jobs where not able.ordered and jobs.lane = able.id order by run_at limit 1)
        union all
        (select run_at from jobs where able.ordered and jobs.lane = able.id order by position limit 1)
    ) as first
"""
_UNDER_WAY: Final = """
    exists (
        select from jobs as other
        where other.lane = {lane} and other.leased_by is not null and other.run_at > :now and other.run_at <= :latest
    )
"""
_LATEST: Final = (bindparam("now", type_=Timestamp), bindparam("latest", type_=Timestamp))

CLAIM: Final = text(
    f"""
    with {_ABLE},
    chosen as (
        select able.*, ceil(:free / least(count(*) over (), :free)::float8)::int as portion
        from able cross join {_FIRST}
        where able.room > 0 and first.run_at <= :now and (able.opens_at is null or able.opens_at <= :now)
        order by able.doing, able.served nulls first, first.run_at
        limit :free
    ),
    side_by_side as (
        select job.*, chosen.id as lane, chosen.doing, chosen.served, chosen.room, chosen.singly
        from chosen cross join lateral (
            select jobs.id, jobs.run_at from jobs
            where not chosen.ordered and jobs.lane = chosen.id and jobs.run_at <= :now
            order by jobs.run_at limit least(chosen.room, chosen.portion)
            for update skip locked
        ) as job
    ),
    in_order as (
        select job.*, chosen.id as lane, chosen.doing, chosen.served, chosen.room, chosen.singly
        from chosen cross join lateral (
            select jobs.id, jobs.run_at from jobs
            where chosen.ordered and jobs.run_at <= :now and jobs.id = (
                select head.id from jobs as head where head.lane = chosen.id order by head.position limit 1
            ) and not {_UNDER_WAY.format(lane="chosen.id")}
            for update skip locked
        ) as job
    ),
    taken as (
        select due.*, row_number() over (partition by due.lane order by due.run_at) + due.doing as turn
        from (select * from in_order union all select * from side_by_side) as due
        order by turn, due.served nulls first, due.run_at
        limit :free
    )
    update jobs set run_at = :until, leased_by = :token
    from taken where jobs.id = taken.id
    returning jobs.id, jobs.lane, taken.run_at, jobs.attempts, jobs.position, jobs.payload, taken.room, taken.singly
    """
).bindparams(
    *_KNOWN,
    *_LATEST,
    bindparam("free", type_=Integer()),
    bindparam("until", type_=Timestamp),
    bindparam("token", type_=Uuid()),
)
"""Leases up to `free` jobs that are due, dealt one by one over the lanes: first to those in which least is being done,
among them to those that were not served for longest. It looks into each lane once, and locks at most twice `free`."""

NEXT_AT: Final = text(
    f"""
    with {_ABLE}
    select min(greatest(first.run_at, able.opens_at)) from able cross join {_FIRST} where able.room > 0
    """
).bindparams(*_KNOWN)

_WAITING: Final = text(
    f"""
    with able as materialized (select * from job_lanes where not stopped and opens_at is null),
    due as materialized (
        select able.id, first.run_at from able cross join {_FIRST} where first.run_at <= :now
    )
    select min(run_at) from due where not {_UNDER_WAY.format(lane="due.id")}
    """
).bindparams(*_LATEST)


def latest_end(now: datetime) -> datetime:
    """When all leases that are held now will have run out."""
    return now + timedelta(seconds=LONGEST_LEASE_SECONDS)


async def waiting_since(connection: AsyncConnection, now: datetime) -> datetime | None:
    """When the oldest job fell due that nobody minds: in lanes that are open, and in which nothing is under way.

    The connection is in a transaction.
    """
    await connection.execute(QUICKLY)
    told = {"now": now, "latest": latest_end(now)}
    since: datetime | None = (await connection.execute(_WAITING, told)).scalar_one()
    return since
