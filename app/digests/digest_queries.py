"""Statements of digests: what went well, and which promises were late because of a department."""

from typing import Final

from sqlalchemy import BigInteger, Integer, Text, TextClause, Uuid, bindparam, column, text

from app.kernel.database import Timestamp

TIMEZONE: Final = text("""
    select coalesce(k.timezone, 'UTC') from departments d
    left join calendars k on k.id = d.calendar_id
    where d.id = :department_id
""").bindparams(bindparam("department_id", type_=Uuid))


def _typed(sql: str) -> TextClause:
    return text(sql).bindparams(
        bindparam("start", type_=Timestamp), bindparam("before", type_=Timestamp), bindparam("id", type_=Uuid)
    )


_THANKS: Final = """
    select r.id as recognition_id, r.given_at, r.member_id, m.name as member_name, f.name as from_name, r.message
    from recognitions r
    left join members m on m.id = r.member_id
    left join members f on f.id = r.from_member_id
    where {of} and r.given_at >= :start and r.given_at < :before
    order by r.given_at desc, r.id desc
    limit :most
"""
_GOOD_MARKS: Final = """
    select t.id as ticket_id, t.number as ticket_number, t.title, f.score, f.comment, f.at as given_at
    from ticket_feedback f
    join tickets t on t.id = f.ticket_id
    where {of} and f.score >= 4 and f.at >= :start and f.at < :before
    order by f.comment is null, f.score desc, f.at desc, t.id
    limit :most
"""
_OF_THANKS: Final = (
    column("recognition_id", Uuid),
    column("given_at", Timestamp),
    column("member_id", Uuid),
    column("member_name", Text),
    column("from_name", Text),
    column("message", Text),
)
_OF_MARKS: Final = (
    column("ticket_id", Uuid),
    column("ticket_number", BigInteger),
    column("title", Text),
    column("score", Integer),
    column("comment", Text),
    column("given_at", Timestamp),
)

THANKS: Final = {
    "department": _typed(
        _THANKS.format(
            of="(r.department_id = :id or r.member_id in ("
            "select d.member_id from member_departments d where d.department_id = :id))"
        )
    ).columns(*_OF_THANKS),
    "member": _typed(_THANKS.format(of="r.member_id = :id")).columns(*_OF_THANKS),
}
GOOD_MARKS: Final = {
    "department": _typed(_GOOD_MARKS.format(of="t.provider_department_id = :id")).columns(*_OF_MARKS),
    "member": _typed(_GOOD_MARKS.format(of="t.assignee_id = :id")).columns(*_OF_MARKS),
}

LATE: Final = (
    text("""
    select c.id as commitment_id, c.title, u.id as customer_id, u.name as customer_name, c.agreed_due_at as due_at,
        a.delivered_at, a.lateness_seconds, share.shapley_seconds as own_seconds
    from ripple_analyses a
    join commitments c on c.id = a.commitment_id
    join customers u on u.id = a.customer_id
    cross join lateral json_to_recordset(a.analysis -> 'attribution') as share (party text, shapley_seconds bigint)
    where a.delivered_at >= :start and a.delivered_at < :before and a.lateness_seconds > 0
        and share.party = :key and share.shapley_seconds > 0
    order by own_seconds desc, a.delivered_at, c.id
    limit :most
""")
    .bindparams(bindparam("start", type_=Timestamp), bindparam("before", type_=Timestamp), bindparam("key", type_=Text))
    .columns(
        column("commitment_id", Uuid),
        column("title", Text),
        column("customer_id", Uuid),
        column("customer_name", Text),
        column("due_at", Timestamp),
        column("delivered_at", Timestamp),
        column("lateness_seconds", BigInteger),
        column("own_seconds", BigInteger),
    )
)
"""The stored analyses of what was delivered late with a share of the department, by its key."""
