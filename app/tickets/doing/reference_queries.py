"""The statement that looks up what drafts of tickets refer to, and what their providers offer: one for one draft or for
a thousand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import ARRAY, TextualSelect, Uuid, bindparam, column, text

_TOLD: Final = {
    "id": "uuid",
    "owner_id": "uuid",
    "other_id": "uuid",
    "tier": "text",
    "version": "int",
    "calendar_version": "int",
    "value": "numeric",
    "currency": "text",
    "name": "text",
    "since": "timestamptz",
    "until": "timestamptz",
    "customer_value": "numeric",
    "customer_currency": "text",
}
"""What is told of each thing beside its kind; what is not known of it is null."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of thing: by which lists of ids it is looked up, where, and what is told of it."""

    lists: tuple[str, ...]
    source: str
    told: Mapping[str, str]

    def rows(self, kind: str, hold: str) -> str:
        told = ", ".join(f"({self.told.get(name, 'null')})::{type_} as {name}" for name, type_ in _TOLD.items())
        return f"select '{kind}' as kind, {told} from {self.source.format(hold=hold)}"


def _among(ids: str) -> str:
    """One of a list. That stands in a subquery, so that no plan depends on how long it is: else the statement would be
    planned anew each time, which takes ten times as long as what it does."""
    return f"any((select :{ids})::uuid[])"


_WORTH: Final = {
    "tier": "c.tier",
    "value": "coalesce(m.value, c.annual_value)",
    "currency": "case when m.value is null then c.currency else m.currency end",
    "customer_value": "c.annual_value",
    "customer_currency": "c.currency",
}
"""What depends on a ticket: the value of the commitment it serves, else its customer's annual value."""

_KINDS: Final[Mapping[str, _Kind]] = {
    "department": _Kind(("department_ids",), f"departments where id = {_among('department_ids')}", {"id": "id"}),
    "member": _Kind(
        ("member_ids",),
        f"(select id, left_at from members where id = {_among('member_ids')} order by id for key share) asking",
        {"id": "id", "since": "left_at"},
    ),
    "request_type": _Kind(
        ("request_type_ids",),
        f"request_types where id = {_among('request_type_ids')}",
        {"id": "id", "owner_id": "provider_department_id"},
    ),
    "customer": _Kind(
        ("customer_ids",),
        f"customers c where id = {_among('customer_ids')}",
        {**_WORTH, "id": "id", "value": "annual_value", "currency": "currency"},
    ),
    "commitment": _Kind(
        ("commitment_ids",),
        f"commitments m join customers c on c.id = m.customer_id where m.id = {_among('commitment_ids')}",
        {**_WORTH, "id": "m.id", "owner_id": "m.customer_id"},
    ),
    "ticket": _Kind(
        ("ticket_ids",),
        "tickets t join customers c on c.id = t.customer_id left join commitments m on m.id = t.commitment_id"
        f" where t.id = {_among('ticket_ids')}",
        {**_WORTH, "id": "t.id", "owner_id": "t.customer_id", "other_id": "t.commitment_id"},
    ),
    "sla": _Kind(
        ("provider_ids",),
        "(select s.*, c.version as calendar_version from slas s join calendars c on c.id = s.calendar_id"
        f" where s.active and s.provider_department_id = {_among('provider_ids')} {{hold}}) offered",
        {
            "id": "id",
            "owner_id": "provider_department_id",
            "other_id": "calendar_id",
            "version": "version",
            "calendar_version": "calendar_version",
        },
    ),
    "delegation": _Kind(
        ("request_type_ids", "department_ids"),
        "delegations d join request_types k on k.id = d.request_type_id and k.kind = 'approval'"
        f" where d.request_type_id = {_among('request_type_ids')}"
        f" and d.department_id = {_among('department_ids')} and d.ended_at is null",
        {
            "id": "d.id",
            "owner_id": "d.request_type_id",
            "other_id": "d.department_id",
            "value": "d.up_to_value",
            "currency": "d.currency",
            "name": "k.name",
            "since": "d.since",
            "until": "d.until",
        },
    ),
}


@cache
def references_to(lists: Collection[str], *, hold_calendars: bool) -> TextualSelect:
    """Looks up the kinds for which these lists suffice.

    With `hold_calendars` the calendars of what is offered are held as they are until the transaction ends, so that none
    changes before the clocks that were made by it are there to follow it. Whoever is at work on tickets has no need of
    it, see `queries.WORK`, and would wait in a circle with a calendar that waits for them. Members who ask are held in
    either case: see `directory.leaving`.
    """
    hold = "for share of c" if hold_calendars else ""
    kinds = {name: kind for name, kind in _KINDS.items() if set(kind.lists) <= set(lists)}
    statement = text(" union all ".join(kind.rows(name, hold) for name, kind in kinds.items()))
    given: list[Any] = [bindparam(name, type_=ARRAY(Uuid)) for name in lists]
    return statement.bindparams(*given).columns(column("kind"), *map(column, _TOLD))
