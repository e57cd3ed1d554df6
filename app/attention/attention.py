"""Use cases of attention: what every capability says needs it, as one list, the worst first."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, literal_column, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from app.attention.schemas import Act, AttentionItem, AttentionListing, Snoozed, Subject, Who
from app.attention.tables import attention_snoozes
from app.customers.attention import CUSTOMER_WITHOUT_OWNER
from app.kernel import paging
from app.kernel.attention import AttentionKind
from app.kernel.database import Row, Timestamp
from app.kernel.paging import Page
from app.kernel.work import Work
from app.ripple.forecasting.attention import COMMITMENT_AT_RISK
from app.settings import Settings
from app.tickets import attention as of_tickets
from app.tickets import unheld
from app.webhooks.attention import DEAD_ENDPOINTS

KINDS: Final[Mapping[str, AttentionKind]] = {
    kind.name: kind
    for kind in (
        *of_tickets.KINDS,
        *unheld.KINDS,
        CUSTOMER_WITHOUT_OWNER,
        COMMITMENT_AT_RISK,
        DEAD_ENDPOINTS,
    )
}

_SORTS: Final = {"worst": "rank", "since": "since"}
COLUMNS: Final = (
    *("kind", "id", "since", "rank", "value", "currency", "customer_id", "department_id", "member_id", "detail"),
)
_FILTERS: Final = ("customer_id", "department_id", "member_id")


Patience: TypeAlias = Mapping[str, int]
"""For how many seconds something must have been so to need attention, by kind."""


def patience_of(settings: Settings) -> Patience:
    """As the settings have it; what is not patient needs attention at once."""
    return {
        name: getattr(settings, f"attention_{name}_seconds") if kind.is_patient else 0 for name, kind in KINDS.items()
    }


class Question(NamedTuple):
    """What a statement depends on, but for its values."""

    kinds: Sequence[str]
    filters: Sequence[str]
    column: str
    descending: bool
    further: bool
    snoozed: bool
    most: int


async def page_of_attention(work: Work, asked: AttentionListing, patience: Patience) -> Page[AttentionItem]:
    """One page, the worst first unless asked otherwise: one statement, which takes of every kind only its worst."""
    name = "worst" if asked.sort is None else asked.sort
    question = Question(
        tuple(KINDS) if asked.kind is None else (asked.kind,),
        tuple(each for each in _FILTERS if getattr(asked, each) is not None),
        _SORTS.get(name.removeprefix("-"), "rank"),
        name.startswith("-"),
        asked.cursor is not None,
        asked.snoozed,
        asked.limit + 1,
    )
    listed = _statement(question)
    columns = listed.selected_columns
    ordered = paging.order(name, {key: columns[column] for key, column in _SORTS.items()}, "worst", tie=columns.id)
    if asked.after_seconds is not None:
        patience = dict.fromkeys(patience, asked.after_seconds)
    values = instants(work.now, patience) | {each: getattr(asked, each) for each in question.filters}
    begins = paging.position(asked, ordered)
    if begins is not None:
        values |= {"begins": begins[0], "after_id": begins[1]}
    rows, cursor = await paging.fetch(work.connection, listed, asked, ordered, values)
    return Page([shaped(row) for row in rows], cursor)


async def entry(
    connection: AsyncConnection, kind: AttentionKind, subject_id: UUID, now: datetime, patience: Patience
) -> Row | None:
    """What needs attention at present of a subject, whether snoozed or not; None when nothing of this kind does."""
    statement = ripe(kind).where(kind.statement.selected_columns.id == bindparam("subject_id"))
    found = await connection.execute(statement, instants(now, patience) | {"subject_id": subject_id})
    row: Row | None = found.mappings().first()
    return row


def instants(now: datetime, patience: Patience) -> dict[str, datetime]:
    """The parameters of every statement: now, and before when something of a kind must have been to need attention."""
    return {"now": now, **{f"before_{name}": now - timedelta(seconds=seconds) for name, seconds in patience.items()}}


def ripe(kind: AttentionKind) -> Select[Any]:
    """What has been as it is for long enough."""
    columns = kind.statement.selected_columns
    before = bindparam(f"before_{kind.name}", type_=Timestamp)
    quiet_since = columns.since if kind.quiet_since is None else kind.quiet_since
    return kind.statement.where(quiet_since <= before).add_columns(literal_column(f"'{kind.name}'").label("kind"))


@cache
def _statement(question: Question) -> Select[Any]:
    """The worst of every kind, together."""
    listed = union_all(*(worst(KINDS[name], question) for name in question.kinds)).subquery("attention")
    snooze = attention_snoozes.c
    its = (
        (snooze.kind == listed.c.kind)
        & (snooze.subject_id == listed.c.id)
        & (snooze.since == listed.c.since)
        & (snooze.until > bindparam("now", type_=Timestamp))
    )
    told = (snooze.id.label("snooze_id"), snooze.until, snooze.reason, snooze.actor)
    return select(*listed.c, *told).outerjoin(attention_snoozes, its)


def worst(kind: AttentionKind, question: Question) -> Select[Any]:
    """The worst of one kind, as many as a page can have."""
    columns = kind.statement.selected_columns
    column, id_ = columns[question.column], columns.id
    statement = ripe(kind).where(*(columns[name] == bindparam(name) for name in question.filters))
    statement = statement.where(_is_snoozed(kind) if question.snoozed else not_snoozed(kind))
    if question.further:
        begins = tuple_(bindparam("begins", type_=Timestamp), bindparam("after_id", type_=id_.type))
        key = tuple_(column, id_)
        statement = statement.where(key < begins if question.descending else key > begins)
    keys = [each.desc() if question.descending else each for each in (column, id_)]
    # With the number written out one plan serves every page of this size, and goes along the index.
    statement = statement.order_by(*keys).limit(literal_column(str(question.most)))
    told = statement if kind.told is None else kind.told(statement.subquery("worst"))
    return told.with_only_columns(*(told.selected_columns[name] for name in COLUMNS))


def not_snoozed(kind: AttentionKind) -> ColumnElement[bool]:
    """Whether nobody left it alone for now."""
    return _entry(kind).not_in(_snoozes(kind))


def _is_snoozed(kind: AttentionKind) -> ColumnElement[bool]:
    return _entry(kind).in_(_snoozes(kind))


def _entry(kind: AttentionKind) -> ColumnElement[Any]:
    columns = kind.statement.selected_columns
    return tuple_(columns.id, columns.since)


def _snoozes(kind: AttentionKind) -> Select[Any]:
    of = attention_snoozes.c
    lasts = of.until > bindparam("now", type_=Timestamp)
    return select(of.subject_id, of.since).where(of.kind == kind.name, lasts)


def shaped(row: Row) -> AttentionItem:
    """An entry from its row; who snoozed it is told where the row says so."""
    kind = KINDS[row["kind"]]
    act = kind.act(row["id"], row["detail"])
    return AttentionItem(
        kind=row["kind"],
        subject=Subject(kind.subject, row["id"]),
        since=row["since"],
        why=kind.why(row["detail"]),
        value=row["value"],
        currency=row["currency"],
        customer_id=row["customer_id"],
        could_act=Who(row["department_id"], row["member_id"]),
        act=Act("POST", act.path, dict(act.body), list(act.needs)),
        snoozed=Snoozed(row["snooze_id"], row["until"], row["reason"], row["actor"]) if row.get("snooze_id") else None,
    )
