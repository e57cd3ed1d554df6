"""The relationships of customers while some of them change: read once, stored and told at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from app.customers import relationship_queries as queries
from app.customers import relationship_rules as rules
from app.customers.customers import collection as customers
from app.customers.relationship_rules import Serving
from app.customers.relationship_schemas import Relationship
from app.customers.schemas import Customer
from app.directory import departments, members
from app.directory.queries import MEMBERS
from app.kernel.database import one_or_many
from app.kernel.ids import new_id
from app.kernel.lookup import Lookup
from app.kernel.outbox import previous
from app.kernel.preconditions import require_version
from app.kernel.problems import NotFound
from app.kernel.work import Work

_PARTIES: Final = Lookup(member=MEMBERS, department=departments.collection.select())
_NOT_CHANGED: Final = ("id", "customer_id", "member_id", "department_id", "created_at")


def answer_of(serving: Serving, now: datetime) -> Relationship:
    """The answer of a relationship as of an instant."""
    return Relationship(
        **asdict(serving), state=rules.state_at(serving, now), perceived_owner=rules.is_perceived_owner(serving, now)
    )


class Book:
    """All relationships of some customers, which are held meanwhile: as they were, and as they are going to be."""

    def __init__(self, work: Work, held: Mapping[UUID, Customer], rows: Iterable[Serving]) -> None:
        self._work, self._customers = work, held
        self._before = {each.id: each for each in rows}
        self._after = dict(self._before)
        self._told: list[tuple[str, datetime, UUID, UUID | None]] = []

    @classmethod
    async def of_customer(cls, work: Work, customer_id: UUID) -> Self:
        """Those of one customer: two statements.

        Raises:
            NotFound: there is no such customer.
        """
        customer = await customers.get(work.connection, customer_id, lock=True)
        return cls(work, {customer_id: customer}, await _servings(work, [customer_id]))

    @classmethod
    async def of_member(cls, work: Work, member_id: UUID) -> Self:
        """Those of all customers that a member serves or is going to serve: two statements."""
        named = {"member_id": member_id, "at": work.now}
        rows = (await work.connection.execute(queries.LOCK_CUSTOMERS_OF_MEMBER, named)).mappings()
        held = {row["id"]: customers.shape(**row) for row in rows}
        return cls(work, held, await _servings(work, list(held)) if held else ())

    def get(self, customer_id: UUID, id_: UUID, expected: frozenset[int] | None) -> Serving:
        """One of a customer's.

        Raises:
            NotFound: the customer has none with this id.
            Stale: its version is none of those expected.
        """
        found = self._before.get(id_)
        if found is None or found.customer_id != customer_id:
            raise NotFound(f"This customer has no relationship with id {id_}.")
        require_version(expected, found.version)
        return found

    def of(self, customer_id: UUID) -> Sequence[Serving]:
        """Those of one customer as they are going to be."""
        return [each for each in self._after.values() if each.customer_id == customer_id]

    def all(self) -> Sequence[Serving]:
        """Those of all customers as they are going to be."""
        return list(self._after.values())

    def after(self, id_: UUID) -> Serving:
        """One as it is going to be."""
        return self._after[id_]

    def begin(self, columns: Mapping[str, Any]) -> Serving:
        """One more."""
        now = self._work.now
        begun = {"id": new_id(), "version": 1, "created_at": now, "updated_at": now}
        made = Serving(**{**dict.fromkeys(Serving.__dataclass_fields__), **begun, **columns})
        self._after[made.id] = made
        return made

    def change(self, serving: Serving, columns: Mapping[str, Any]) -> Serving:
        """Other values of one; nothing that differs means no new version."""
        present = self._after[serving.id]
        differing = {name: value for name, value in columns.items() if getattr(present, name) != value}
        if not differing:
            return present
        before = self._before.get(serving.id)
        version = 1 if before is None else before.version + 1
        changed = replace(present, **differing, version=version, updated_at=self._work.now)
        self._after[serving.id] = changed
        return changed

    def tell(self, kind: str, at: datetime, serving: Serving, successor_id: UUID | None = None) -> None:
        """Says that something happened to one, at an instant, or now if that lies in the future."""
        self._told.append((kind, min(at, self._work.now), serving.id, successor_id))

    async def store(self) -> None:
        """Stores what differs and tells of it: three statements at most, none if nothing differs."""
        run = self._work.connection.execute
        changed = [each for id_, each in self._after.items() if id_ in self._before and each != self._before[id_]]
        if changed:
            # Who is perceived as the owner no longer comes first: only one may be.
            changed.sort(key=lambda each: each.perceived_owner_since is not None and each.perceived_until is None)
            await run(queries.CHANGE_RELATIONSHIPS, one_or_many([_changed_row(each) for each in changed]))
        made = [each for id_, each in self._after.items() if id_ not in self._before]
        if made:
            await run(queries.INSERT_RELATIONSHIPS, one_or_many([asdict(each) for each in made]))
        await self._tell_all()

    async def _tell_all(self) -> None:
        concerned = [self._after[id_] for _, _, *ids in self._told for id_ in ids if id_ is not None]
        parties = await _PARTIES.rows(
            self._work.connection,
            member={each.member_id for each in concerned if each.member_id},
            department={each.department_id for each in concerned if each.department_id},
        )
        for kind, at, id_, successor_id in self._told:
            after, before = self._after[id_], self._before.get(id_)
            told = answer_of(after, self._work.now)
            data: dict[str, Any] = {"relationship": told, "customer": self._customers[after.customer_id]}
            data |= _party(parties, after)
            if successor_id is not None:
                successor = self._after[successor_id]
                data |= {"successor": answer_of(successor, self._work.now)}
                data |= {f"successor_{name}": value for name, value in _party(parties, successor).items()}
            if before is not None:
                data["previous"] = previous(answer_of(before, self._work.now), told)
            self._work.happened(kind, at, **data)


async def _servings(work: Work, customer_ids: Sequence[UUID]) -> Iterable[Serving]:
    rows = await work.connection.execute(queries.OF_CUSTOMERS, {"customer_ids": list(customer_ids)})
    return [Serving(**row) for row in rows.mappings()]


def _changed_row(serving: Serving) -> dict[str, Any]:
    columns = {name: value for name, value in asdict(serving).items() if name not in _NOT_CHANGED}
    return {"of": serving.id, **columns}


def _party(parties: Mapping[str, Mapping[UUID, Mapping[Any, Any]]], serving: Serving) -> dict[str, Any]:
    """Who serves, as they are answered; the other is None."""
    member = parties["member"][serving.member_id] if serving.member_id else None
    department = parties["department"][serving.department_id] if serving.department_id else None
    return {
        "member": member and members.answer_of(member),
        "department": department and departments.collection.shape(**department),
    }
