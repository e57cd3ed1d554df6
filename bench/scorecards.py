"""Scorecards of a quarter and digests of a week, against reading one ticket: `python -m bench.scorecards`.

On a generated company in which people have the tickets, and say how they were served. All is asked of one service
within this process, in turns, on one database; the figure is the ratio of the medians. `--commitments` says how many
there are.
"""

import argparse
import asyncio
from typing import Any, Final

from sqlalchemy import text

from app.kernel.database import Database
from bench.generating import generated
from bench.ripple_reports import QUARTER, kept
from bench.showing import show
from bench.within import against_a_ticket, client_of

COMMITMENTS: Final = 2_000
ROUNDS: Final = 11
WEEK: Final = "period=week&at=2026-09-24T12:00:00Z"

# Five people in each department; a ticket is with one of those who are where it is, and one in ten was with another.
# One in six of the resolved ones got a mark.
PEOPLE: Final = (
    """
    insert into members (id, email, name, role)
    select gen_random_uuid(), d.key || '-' || n || '@example.com', d.name || ' ' || n, 'member'
    from departments d, generate_series(1, 5) n
    """,
    """
    insert into member_departments (member_id, department_id)
    select m.id, d.id from members m join departments d on m.email like d.key || '-_@example.com'
    """,
    """
    with people as (
        select department_id, array_agg(member_id order by member_id) as ids from member_departments group by 1
    )
    update tickets t set assignee_id = p.ids[1 + t.number % 5]
    from people p where p.department_id = t.provider_department_id
    """,
    """
    insert into ticket_history (ticket_id, number, verb, at, recorded_at, leg, details)
    select t.id, n, case n when 1 then 'open' else 'assign' end, t.opened_at, t.opened_at, 1,
        case when n = 1 and t.number % 10 > 0 then '{}' else jsonb_build_object('member_id', t.assignee_id) end
    from tickets t, generate_series(1, 2) n
    """,
    """
    insert into ticket_feedback (ticket_id, number, score, at)
    select id, reopen_count + 1, (array[5, 4, 4, 3, 2, 1])[1 + number / 6 % 6], resolved_at + interval '1 day'
    from tickets where resolved_at is not null and number % 6 = 0
    """,
)


async def _staff(url: str) -> int:
    """Gives the tickets to people; how many tickets there are."""
    database = Database(url, pool_size=1)
    async with database.writing() as connection:
        for statement in PEOPLE:
            await connection.execute(text(statement))
        count: int = (await connection.execute(text("select count(*) from tickets"))).scalar_one()
    async with database.reading() as connection:
        await connection.execute(text("vacuum analyze"))
    await database.close()
    return count


async def _measure(url: str, count: int) -> list[dict[str, Any]]:
    database = Database(url, pool_size=1)
    async with client_of(database) as client:
        (ticket,) = (await client.get("/v1/tickets?limit=1&sort=-number")).raise_for_status().json()["items"]
        department, member = ticket["provider_department_id"], ticket["assignee_id"]
        paths = {
            "scorecard of a department": f"/v1/scorecards/departments/{department}?{QUARTER}",
            "scorecard of a member": f"/v1/scorecards/members/{member}?{QUARTER}",
            "digest of a department": f"/v1/digests/departments/{department}?{WEEK}",
            "digest of a member": f"/v1/digests/members/{member}?{WEEK}",
            "worth of all departments": f"/v1/metrics/worth?{QUARTER}",
        }
        # The first answer reads days that the process has not read before.
        rows = await against_a_ticket(client, ticket["id"], paths, rounds=ROUNDS + 1, unmeasured=1, tickets=count)
    await database.close()
    return rows


def run(commitments: int = COMMITMENTS) -> list[dict[str, Any]]:
    """One row for each, the ticket first."""
    with generated(commitments) as (url, _):
        asyncio.run(kept(url))
        count = asyncio.run(_staff(url))
        return asyncio.run(_measure(url, count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commitments", type=int, default=COMMITMENTS)
    show("scorecards and digests, against reading one ticket", run(parser.parse_args().commitments))


if __name__ == "__main__":
    main()
