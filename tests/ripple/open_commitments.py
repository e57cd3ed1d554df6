"""Past and open commitments for forecasting, by the hour."""

import random
from dataclasses import replace

from app.ripple.engine.graph import Commitment, Ticket
from app.ripple.forecasting.experience import Record

HOUR = 3600


def ticket(id_: str, opened: int, resolved: int | None = None, *, provider: str = "FIN", blocks: tuple[str, ...] = ()):
    return Ticket(id_, "SALES", provider, opened * HOUR, None if resolved is None else resolved * HOUR, blocks)


def record(id_: str, *tickets: Ticket, promised: int = 0, due: int = 100, delivered: int | None = None) -> Record:
    commitment = Commitment("SALES", promised * HOUR, due * HOUR, None if delivered is None else delivered * HOUR)
    return Record(id_, commitment, tickets, {each.id: ("refund", "p3") for each in tickets})


def random_records(chance: random.Random, count: int) -> list[Record]:
    """Commitments of a few tickets, some of them blocking others, promised one after the other; some never end."""
    found = []
    for number in range(count):
        promised = number * 5 + chance.randrange(5)
        due = promised + chance.choice((40, 60, 100))
        tickets: list[Ticket] = []
        for place in range(chance.randrange(4)):
            opened = promised + chance.randrange(30)
            resolved = None if chance.random() < 0.1 else opened + chance.randrange(60)
            blocks = (tickets[-1].id,) if tickets and chance.random() < 0.5 else ()
            provider = chance.choice(("FIN", "IT"))
            tickets.append(ticket(f"{number}-{place}", opened, resolved, provider=provider, blocks=blocks))
        delivered = None if chance.random() < 0.05 else promised + chance.randrange(1, 130)
        found.append(record(f"C{number}", *tickets, promised=promised, due=due, delivered=delivered))
    return found


def with_another_future(chance: random.Random, one: Record, at: int) -> Record:
    """The same until an instant, and then as it happens to be."""
    commitment = one.commitment
    tickets = [_changed(chance, each, at) for each in one.tickets if each.opened_at <= at]
    later = at // HOUR + 1 + chance.randrange(50)
    for place in range(chance.randrange(3)):
        blocks = (chance.choice(tickets).id,) if tickets and chance.random() < 0.5 else ()
        tickets.append(ticket(f"{one.id}-later-{place}", later, later + chance.randrange(90), blocks=blocks))
    delivered_at = _later(chance, commitment.delivered_at, at)
    return replace(one, commitment=replace(commitment, delivered_at=delivered_at), tickets=tuple(tickets))


def _changed(chance: random.Random, one: Ticket, at: int) -> Ticket:
    return replace(one, resolved_at=_later(chance, one.resolved_at, at))


def _later(chance: random.Random, instant: int | None, at: int) -> int | None:
    if instant is not None and instant <= at:
        return instant
    return None if chance.random() < 0.3 else at + chance.randrange(1, 200 * HOUR)
