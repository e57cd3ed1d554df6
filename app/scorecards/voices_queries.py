"""Statements of what people said for somebody: thanks, and suggestions that were taken up."""

from typing import Final

from sqlalchemy import TextClause, bindparam, text

from app.kernel.database import Timestamp


def _typed(sql: str) -> TextClause:
    return text(sql).bindparams(bindparam("start", type_=Timestamp), bindparam("before", type_=Timestamp))


_VOICES: Final = """
    select id, count(*) filter (where is_thanks) as recognitions, count(*) filter (where not is_thanks) as adopted
    from ({thanks}
        union all
        select s.{whose}, false from suggestions s
            where s.{whose} is not null and s.status = 'adopted' and s.decided_at >= :start and s.decided_at < :before
    ) as voices (id, is_thanks)
    group by id
"""

VOICES_OF_DEPARTMENTS: Final = _typed(
    _VOICES.format(
        thanks="""
        select r.department_id, true from recognitions r
            where r.department_id is not null and r.given_at >= :start and r.given_at < :before
        union all
        select d.department_id, true from recognitions r join member_departments d on d.member_id = r.member_id
            where r.given_at >= :start and r.given_at < :before""",
        whose="department_id",
    )
)
"""By department: thanks to it as a whole, or to anyone who is in it; suggestions on it that it adopted."""

VOICES_OF_MEMBERS: Final = _typed(
    _VOICES.format(
        thanks="""
        select r.member_id, true from recognitions r
            where r.member_id is not null and r.given_at >= :start and r.given_at < :before""",
        whose="member_id",
    )
)
"""By member: thanks to them, and suggestions of theirs that were adopted."""
