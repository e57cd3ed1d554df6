"""Use cases of attention: what every capability says needs it, as one list."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import literal, select, union_all

from app.attention.schemas import Act, AttentionItem, AttentionListing, Subject
from app.kernel import paging
from app.kernel.attention import AttentionKind
from app.kernel.database import Row
from app.kernel.paging import Page
from app.kernel.work import Work
from app.webhooks.attention import DEAD_ENDPOINTS

KINDS: Final[Mapping[str, AttentionKind]] = {kind.name: kind for kind in (DEAD_ENDPOINTS,)}

_parts = (kind.statement.add_columns(literal(kind.name).label("kind")) for kind in KINDS.values())
_attention = union_all(*_parts).subquery("attention")


async def page_of_attention(work: Work, asked: AttentionListing) -> Page[AttentionItem]:
    """One page, what has waited longest first unless asked otherwise: one statement."""
    statement = select(_attention)
    if asked.kind is not None:
        statement = statement.where(_attention.c.kind == asked.kind)
    ordered = paging.order(asked.sort, {"since": _attention.c.since}, "since", tie=_attention.c.id)
    rows, cursor = await paging.fetch(work.connection, statement, asked, ordered)
    return Page([_shaped(row) for row in rows], cursor)


def _shaped(row: Row) -> AttentionItem:
    kind = KINDS[row["kind"]]
    return AttentionItem(
        kind=row["kind"],
        subject=Subject(kind.subject, row["id"]),
        since=row["since"],
        why=kind.why(row["detail"]),
        value=row["value"],
        currency=row["currency"],
        act=Act("POST", kind.path(row["id"])),
    )
