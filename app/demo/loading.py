"""Loading the demo company into a database, once."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.customers.schemas import Customer
from app.demo.company import company
from app.demo.delegating import store_delegations, told_of
from app.demo.hearing import store_voices
from app.demo.identities import Ids
from app.demo.knowing import store_relationships
from app.demo.organisation import DEPARTMENTS
from app.demo.promises import DAYS
from app.demo.promising import SOURCE, store_promises
from app.demo.records import Company, Ticket
from app.demo.responding import store_outcomes
from app.demo.setting_up import set_up
from app.demo.showcase import LESSONS
from app.directory.tables import departments
from app.kernel.answers import to_json
from app.kernel.database import Database
from app.kernel.problems import Conflict
from app.kernel.work import Work
from app.service_levels.agreements import offers
from app.tickets.bulk.bulk import store_events, store_lives
from app.tickets.bulk.sheets import Told
from app.tickets.life.whole_lives import Deed, Said, WholeLife

_ONE_AT_A_TIME = select(func.pg_advisory_xact_lock(0x4F574445))
_THERE = select(commitments.c.id).where(commitments.c.source == SOURCE, commitments.c.external_ref == LESSONS[0].ref)
_TAKEN = (
    select(departments.c.key)
    .where(departments.c.key.in_([department.key for department in DEPARTMENTS]))
    .order_by(departments.c.key)
)
_ANALYSE = text(
    "analyze departments, members, customers, customer_outcomes, customer_relationships, commitments, request_types,"
    " slas, objectives, tickets, ticket_legs, ticket_waits, ticket_history, ticket_clocks, ticket_dependencies,"
    " ticket_feedback, recognitions, suggestions, suggestion_votes, delegations, events"
)


async def load_demo(database: Database, say: Callable[[str], None], now: datetime | None = None) -> dict[str, Any]:
    """Loads the demo company as of today, all of it or nothing; does nothing when it is there.

    Answers whether it was loaded, and how much of what. `now` is the instant that it plays up to.

    Raises:
        Conflict: the database has departments that go by the same keys.
    """
    async with database.writing() as connection:
        await connection.execute(_ONE_AT_A_TIME)
        if (await connection.execute(_THERE)).first() is not None:
            return {"loaded": False}
        taken = (await connection.execute(_TAKEN)).scalars().all()
        if taken:
            raise Conflict(f"The demo company would need the keys of departments that are there: {', '.join(taken)}.")
        say("Loading the demo company, once ...")
        now = (now or datetime.now(UTC)).replace(microsecond=0)
        told = company(now.replace(hour=0, minute=0, second=0))
        events = await _store(database, connection, told, now)
    database.nudge()
    loaded = _sizes(told) | {"events": events}
    say(f"Loaded {', '.join(f'{count:,} {what}' for what, count in loaded.items())}.")
    return {"loaded": True, **loaded}


async def _store(database: Database, connection: AsyncConnection, told: Company, now: datetime) -> int:
    ids = Ids.of(told)
    customers = await set_up(Work(database, now, _connection=connection), told, ids)
    before, after = await store_promises(connection, told, ids, customers, now)
    became = await store_outcomes(connection, told, ids, customers, now)
    served = await store_relationships(connection, told, ids, customers, now)
    delegated = await store_delegations(connection, told, ids, now)
    offered = await offers(connection, ids.departments.values())
    lives = [_life(ticket, ids, customers) for ticket in told.tickets]
    of_tickets = await store_lives(connection, lives, ids.departments, ids.members, offered, now)
    heard = await store_voices(connection, told, ids, customers, now)
    events = [*_welcomes(told, customers, ids), *before, *of_tickets, *after, *became, *served, *delegated, *heard]
    events.sort(key=attrgetter("occurred_at"))
    await store_events(connection, events)
    await connection.execute(_ANALYSE)
    return len(events)


def _welcomes(told: Company, customers: Mapping[str, Customer], ids: Ids) -> Iterator[Told]:
    actor = ids.actor(told.members[0].email)
    for customer in customers.values():
        data = to_json({"customer": customer, "actor": actor}).decode()
        yield Told("customer.created", told.as_of - timedelta(days=DAYS), data)


def _life(ticket: Ticket, ids: Ids, customers: Mapping[str, Customer]) -> WholeLife[str]:
    begun = ticket.opening
    customer = customers[ticket.customer]
    said = ticket.feedback
    asked_for = ticket.request_type
    return WholeLife(
        id=ids.tickets[ticket.ref],
        title=ticket.title,
        description=ticket.description,
        requester_department_id=ids.departments[ticket.requester],
        requester_id=ids.members[ticket.requester_member],
        request_type_id=ids.request_types[begun.department_id, asked_for] if asked_for else None,
        customer_id=customer.id,
        tier=customer.tier,
        customer_value=customer.annual_value,
        currency=customer.currency,
        commitment_id=ids.commitments[ticket.commitment] if ticket.commitment else None,
        blocks=tuple(ids.tickets[ref] for ref in ticket.blocks),
        source=SOURCE,
        external_ref=ticket.ref,
        opening=begun,
        actor=_actor(ids, ticket.requester_member),
        deeds=[Deed(deed.action, _actor(ids, deed.by), told_of(deed, ids)) for deed in ticket.deeds],
        said=Said(said.at, _actor(ids, said.by), said.score, said.comment) if said else None,
    )


def _actor(ids: Ids, email: str) -> str:
    return to_json(ids.actor(email)).decode()


def _sizes(told: Company) -> dict[str, int]:
    return {
        "departments": len(told.departments),
        "members": len(told.members),
        "customers": len(told.customers),
        "commitments": len(told.commitments),
        "tickets": len(told.tickets),
        "outcomes": len(told.outcomes),
        "relationships": len(told.relationships),
        "recognitions": len(told.recognitions),
        "suggestions": len(told.suggestions),
        "delegations": len(told.delegations),
    }
