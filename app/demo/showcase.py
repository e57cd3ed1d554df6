"""Six promises told by hand, one lesson each, whose figures are the same on every day. Pure.

They are kept by a go-live rota that works around the clock, so no weekend comes between. The first five were promised
at 09:00 UTC on a Monday two to three weeks ago and are delivered; the sixth is open and due tomorrow.

| reference | what it shows |
|---|---|
| DEMO-SHOWCASE | Finance is two days late, Operations only because of Finance, and the customer waits for both days |
| DEMO-CONCURRENT | Finance and Legal are a day late each, side by side: mending one alone changes nothing |
| DEMO-ABSORBED | Legal is a day late, and the customer never learns of it |
| DEMO-TOO-TIGHT | everyone keeps every service level, and the promise is still two days late |
| DEMO-WAITED | Operations waits two days for Sales, who had asked for it |
| DEMO-OPEN | Finance has not even looked at it, and its time is up |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from app.demo.catalogue import BY_KEY, GO_LIVE, GO_LIVE_CREDIT, GO_LIVE_TERMS
from app.demo.records import Commitment, Customer, Deed, Ticket
from app.demo.scene import Staff
from app.tickets.life.lifecycle import Action, Party, Priority, Verb, open_ticket, replay

_ASKED_FOR: Final = {"OPS": GO_LIVE, "FIN": GO_LIVE_CREDIT, "LEGAL": GO_LIVE_TERMS}
_DONE: Final = {"resolution": "Done as asked."}
_BLOCKED: Final = {"reason": "Waiting for the credit line."}


@dataclass(frozen=True, slots=True)
class Act:
    """A verb, hours after the promise; `by_requester` when it is not the provider who does it."""

    hours: int
    verb: Verb
    told: Mapping[str, Any] | None = None
    on: Party | None = None
    granted: bool | None = None
    by_requester: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One ticket: who asks whom, hours after the promise, for which other tickets by their place, and what was done."""

    requester: str
    provider: str
    hours: int
    acts: tuple[Act, ...]
    blocks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """One promise: due and delivered hours after it was made (None: not yet), and its tickets."""

    ref: str
    title: str
    customer: int
    value: str
    due: int
    delivered: int | None
    parts: tuple[Part, ...]


def _answered(taken_up: int, resolved: int, *between: Act, granted: bool | None = None) -> tuple[Act, ...]:
    """Taken up and resolved at these hours, and closed by the requester an hour later."""
    return (
        Act(taken_up, Verb.START),
        *between,
        Act(resolved, Verb.RESOLVE, _DONE, granted=granted),
        Act(resolved + 1, Verb.CLOSE, by_requester=True),
    )


LESSONS: Final = (
    Lesson(
        "DEMO-SHOWCASE",
        "Go-live of the Leeds site",
        0,
        "480000.00",
        due=120,
        delivered=168,
        parts=(
            Part(
                "SALES",
                "OPS",
                0,
                _answered(6, 168, Act(24, Verb.WAIT, _BLOCKED, on=Party.DEPENDENCY), Act(144, Verb.RESUME)),
            ),
            Part("OPS", "FIN", 24, _answered(120, 144, granted=True), blocks=(0,)),
        ),
    ),
    Lesson(
        "DEMO-CONCURRENT",
        "Framework contract from next quarter",
        1,
        "310000.00",
        due=72,
        delivered=96,
        parts=(
            Part("SALES", "FIN", 0, _answered(0, 96, granted=True)),
            Part("SALES", "LEGAL", 0, _answered(0, 96, granted=True)),
        ),
    ),
    Lesson(
        "DEMO-ABSORBED",
        "Terms for the second site",
        2,
        "95000.00",
        due=144,
        delivered=96,
        parts=(Part("SALES", "LEGAL", 0, _answered(24, 96, granted=True)),),
    ),
    Lesson(
        "DEMO-TOO-TIGHT",
        "Go-live of the Ghent site",
        3,
        "120000.00",
        due=72,
        delivered=120,
        parts=(
            Part("SALES", "OPS", 0, _answered(0, 120)),
            Part("OPS", "FIN", 24, _answered(24, 72, granted=True), blocks=(0,)),
        ),
    ),
    Lesson(
        "DEMO-WAITED",
        "Go-live of the Porto site",
        4,
        "88000.00",
        due=96,
        delivered=144,
        parts=(
            Part(
                "SALES",
                "OPS",
                0,
                _answered(
                    0,
                    144,
                    Act(24, Verb.ASK, {"question": "Who on site has the keys, and from when?"}),
                    Act(24, Verb.WAIT, {"reason": "Nobody is named on site."}, on=Party.REQUESTER),
                    Act(72, Verb.RESUME),
                ),
            ),
        ),
    ),
    Lesson(
        "DEMO-OPEN",
        "Go-live of the Lyon site",
        5,
        "230000.00",
        due=144,
        delivered=None,
        parts=(
            Part("SALES", "OPS", 0, (Act(2, Verb.START), Act(24, Verb.WAIT, _BLOCKED, on=Party.DEPENDENCY))),
            Part("OPS", "FIN", 24, (), blocks=(0,)),
        ),
    ),
)


def lessons(as_of: datetime, staff: Staff, customers: tuple[Customer, ...]) -> tuple[list[Commitment], list[Ticket]]:
    """The six promises and their tickets."""
    commitments, tickets = [], []
    for lesson in LESSONS:
        promised_at = _promised_at(lesson, as_of)
        customer = customers[lesson.customer]
        commitments.append(_commitment(lesson, promised_at, customer, staff))
        for place, part in enumerate(lesson.parts):
            tickets.append(_ticket(lesson, place, part, promised_at, customer, staff))
    return commitments, tickets


def _promised_at(lesson: Lesson, as_of: datetime) -> datetime:
    if lesson.delivered is None:
        return as_of - timedelta(days=5) + timedelta(hours=9)
    return as_of - timedelta(days=as_of.weekday() + 14) + timedelta(hours=9)


def _commitment(lesson: Lesson, promised_at: datetime, customer: Customer, staff: Staff) -> Commitment:
    delivered = lesson.delivered
    return Commitment(
        ref=lesson.ref,
        customer=customer.ref,
        title=lesson.title,
        owner="SALES",
        by=staff.members("SALES")[0],
        promised_at=promised_at,
        due_at=promised_at + timedelta(hours=lesson.due),
        delivered_at=None if delivered is None else promised_at + timedelta(hours=delivered),
        cancelled_at=None,
        cancel_reason=None,
        value=Decimal(lesson.value),
        currency=customer.currency,
    )


def _ticket(lesson: Lesson, place: int, part: Part, promised_at: datetime, customer: Customer, staff: Staff) -> Ticket:
    asker, holder = staff.members(part.requester)[1], staff.members(part.provider)[0]
    opening = open_ticket(part.provider, promised_at + timedelta(hours=part.hours), Priority.P2)
    deeds = tuple(
        Deed(
            Action(act.verb, promised_at + timedelta(hours=act.hours), on=act.on, granted=act.granted),
            asker if act.by_requester else holder,
            act.told or {},
        )
        for act in part.acts
    )
    request_type = _ASKED_FOR[part.provider]
    return Ticket(
        ref=f"{lesson.ref}-{place + 1}",
        title=f"{BY_KEY[part.provider, request_type].name}: {customer.name}",
        description=f"Needed for: {lesson.title}.",
        requester=part.requester,
        requester_member=asker,
        request_type=request_type,
        customer=customer.ref,
        commitment=lesson.ref,
        blocks=tuple(f"{lesson.ref}-{blocked + 1}" for blocked in part.blocks),
        opening=opening,
        deeds=deeds,
        life=replay(opening, (deed.action for deed in deeds)),
    )
