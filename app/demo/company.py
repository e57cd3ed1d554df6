"""The demo company as a whole: the same for the same seed and instant. Pure."""

from datetime import datetime

from app.demo.aftermath import outcomes
from app.demo.catalogue import REQUEST_TYPES
from app.demo.clientele import customers
from app.demo.goodwill import goodwill
from app.demo.organisation import CALENDARS, DEPARTMENTS, members
from app.demo.promises import Stage, direct_requests, promises
from app.demo.records import Company
from app.demo.scene import Staff
from app.demo.serving import relationships
from app.demo.showcase import lessons
from app.demo.voices import recognitions, suggestions

SEED = 20


def company(as_of: datetime, seed: int = SEED) -> Company:
    """The company as it stands at an instant: midnight of a day, in UTC."""
    people = members()
    clientele = customers(seed)
    staff = Staff(CALENDARS, DEPARTMENTS, people)
    stage = Stage(seed, as_of, staff, clientele)
    told, told_tickets = lessons(as_of, staff, clientele)
    commitments, tickets = promises(stage)
    delegation, generous = goodwill(stage)
    tickets += direct_requests(stage) + told_tickets + generous
    tickets.sort(key=lambda ticket: ticket.opening.opened_at)
    promised = (*told, *commitments)
    became = outcomes(seed, as_of, staff, clientele, promised)
    thanked = recognitions(seed, as_of, people, tickets)
    return Company(
        as_of,
        CALENDARS,
        DEPARTMENTS,
        people,
        REQUEST_TYPES,
        clientele,
        promised,
        tuple(tickets),
        became,
        relationships(as_of, staff, clientele),
        thanked,
        suggestions(seed, as_of, staff, clientele, people),
        (delegation,),
    )
