"""What a draft of a ticket refers to: looked up for any number of drafts at once, then checked one by one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.catalogue.delegating import Limits, Worth
from app.directory.members import HAS_LEFT
from app.kernel.problems import NOT_THERE, Conflict, FieldError, Invalid
from app.service_levels.agreements import Active
from app.tickets import queries
from app.tickets.doing.reference_queries import references_to
from app.tickets.schemas import TicketDraft


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a draft refers to. `owner_id` is the customer it serves, or the provider that offers it."""

    owner_id: UUID | None
    commitment_id: UUID | None
    tier: str | None
    worth: Worth | None = None
    customer_worth: Worth | None = None
    left_at: datetime | None = None

    @property
    def customer_id(self) -> UUID:
        """The customer of a commitment or a ticket: these always have one."""
        if self.owner_id is None:
            raise TypeError("only commitments and tickets serve a customer")
        return self.owner_id


@dataclass(frozen=True, slots=True)
class Served:
    """Whom a ticket serves, what that customer is worth, under which promise, and what depends on it."""

    customer_id: UUID
    customer_worth: Worth | None
    tier: str | None
    commitment_id: UUID | None
    worth: Worth | None


def taken(draft: TicketDraft) -> Conflict:
    """The problem of a draft whose external reference is another ticket's."""
    return Conflict(f"There is one already: source {draft.source}, external_ref {draft.external_ref}.")


class References:
    """Everything that some drafts refer to and that exists; `active` is what their providers offer."""

    def __init__(
        self,
        found: dict[tuple[str, UUID], Found],
        taken: set[tuple[str | None, str]],
        active: Sequence[Active],
        delegated: dict[tuple[UUID, UUID], Limits[UUID]],
    ) -> None:
        self._found = found
        self._taken = taken
        self._delegated = delegated
        self.active = active

    @classmethod
    async def of(
        cls,
        connection: AsyncConnection,
        drafts: Iterable[TicketDraft],
        *,
        hidden: Collection[UUID] = (),
        calendars_held: bool = False,
    ) -> "References":
        """Looks all of them up, and what is delegated: one statement, two when external references are given. Tickets
        that are hidden from whoever asks are not there."""
        drafts = list(drafts)
        asked = {
            "department_ids": {d.requester_department_id for d in drafts} | {d.provider_department_id for d in drafts},
            "member_ids": {d.requester_id for d in drafts if d.requester_id},
            "request_type_ids": {d.request_type_id for d in drafts if d.request_type_id},
            "customer_ids": {d.customer_id for d in drafts if d.customer_id},
            "commitment_ids": {d.commitment_id for d in drafts if d.commitment_id},
            "ticket_ids": {blocked for d in drafts for blocked in d.blocks if blocked not in hidden},
            "provider_ids": {d.provider_department_id for d in drafts},
        }
        given = {name: list(ids) for name, ids in asked.items() if ids}
        found: dict[tuple[str, UUID], Found] = {}
        active, delegated = [], {}
        statement = references_to(tuple(given), hold_calendars=not calendars_held)
        for row in await connection.execute(statement, given) if given else ():
            if row.kind == "sla":
                active.append(Active(row.owner_id, (row.id, row.version), row.other_id, row.calendar_version))
            elif row.kind == "delegation":
                limits = Limits(row.id, row.name, row.since, row.until, row.value, row.currency)
                delegated[row.owner_id, row.other_id] = limits
            else:
                worth, of_customer = _worth(row.value, row.currency), _worth(row.customer_value, row.customer_currency)
                found[row.kind, row.id] = Found(row.owner_id, row.other_id, row.tier, worth, of_customer, row.since)
        refs = [draft.external_ref for draft in drafts if draft.external_ref is not None]
        taken: set[tuple[str | None, str]] = set()
        if refs:
            known = await connection.execute(queries.KNOWN_REFERENCES, {"external_refs": refs})
            taken = {(row.source, row.external_ref) for row in known}
        return cls(found, taken, active, delegated)

    def check(self, draft: TicketDraft) -> Served:
        """Whom the draft serves.

        Raises:
            Invalid: it refers to something that does not exist or does not fit, or serves no customer.
            Conflict: its external reference is taken.
        """
        errors = [
            FieldError(pointer, NOT_THERE) for pointer, kind, id_ in _stated(draft) if (kind, id_) not in self._found
        ]
        if errors:
            raise Invalid(" ".join(f"{error.pointer}: {error.detail}" for error in errors), errors=errors)
        if draft.requester_id is not None and self._found["member", draft.requester_id].left_at is not None:
            raise Invalid.field("/requester_id", HAS_LEFT)
        if draft.request_type_id is not None:
            offered_by = self._found["request_type", draft.request_type_id].owner_id
            if offered_by != draft.provider_department_id:
                raise Invalid.field("/request_type_id", "is not in the catalogue of the provider.")
        if draft.external_ref is not None and (draft.source, draft.external_ref) in self._taken:
            raise taken(draft)
        return self._served(draft)

    def delegation(self, draft: TicketDraft, served: Served, at: datetime) -> Limits[UUID] | None:
        """The delegation that grants what the draft asks for at an instant, if one does."""
        if draft.request_type_id is None:
            return None
        limits = self._delegated.get((draft.request_type_id, draft.requester_department_id))
        return limits if limits is not None and limits.cover(at, served.worth) else None

    def take(self, draft: TicketDraft) -> None:
        """Marks the draft's external reference as taken, for the drafts after it."""
        if draft.external_ref is not None:
            self._taken.add((draft.source, draft.external_ref))

    def _served(self, draft: TicketDraft) -> Served:
        blocked = self._found["ticket", draft.blocks[0]] if draft.blocks else None
        commitment_id = draft.commitment_id or (blocked.commitment_id if blocked else None)
        if draft.commitment_id is not None:
            promised = self._found["commitment", draft.commitment_id]
            if draft.customer_id is not None and draft.customer_id != promised.owner_id:
                raise Invalid.field("/customer_id", "is not the customer of the commitment.")
            inherited = promised
        elif draft.customer_id is not None:
            stated = self._found["customer", draft.customer_id]
            if blocked is None or blocked.owner_id != draft.customer_id:
                return Served(draft.customer_id, stated.customer_worth, stated.tier, None, stated.worth)
            inherited = blocked
        elif blocked is not None:
            inherited = blocked
        else:
            raise Invalid.field(
                "/customer_id",
                "is missing: a ticket serves a customer, given here or through commitment_id or blocks.",
            )
        worth = inherited.customer_worth
        return Served(inherited.customer_id, worth, inherited.tier, commitment_id, inherited.worth)


def _worth(value: Decimal | None, currency: str) -> Worth | None:
    return None if value is None else Worth(value, currency)


def _stated(draft: TicketDraft) -> Iterable[tuple[str, str, UUID]]:
    yield "/requester_department_id", "department", draft.requester_department_id
    yield "/provider_department_id", "department", draft.provider_department_id
    if draft.requester_id is not None:
        yield "/requester_id", "member", draft.requester_id
    if draft.request_type_id is not None:
        yield "/request_type_id", "request_type", draft.request_type_id
    if draft.customer_id is not None:
        yield "/customer_id", "customer", draft.customer_id
    if draft.commitment_id is not None:
        yield "/commitment_id", "commitment", draft.commitment_id
    for index, blocked in enumerate(draft.blocks):
        yield f"/blocks/{index}", "ticket", blocked
