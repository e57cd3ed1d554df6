"""What the members of the demo company say of each other: whom they thank, and what they suggest. Pure.

Two ideas were adopted long enough ago to see what came of them. Of the one about Finance the figures tell that it
helped; that the new credit tool was ready on the same day they do not tell.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from app.demo import sayings
from app.demo.records import Customer, Decision, Member, Recognition, Suggestion, Ticket, Vote
from app.demo.scene import Staff
from app.demo.showcase import LESSONS
from app.demo.weather import CREDIT_TOOL, OUTAGE

THANKED_BY_HAND: Final = "DEMO-THANKS"
"""The recognition that is there on every day, for the first promise told by hand."""

_THANKED_TICKET: Final = f"{LESSONS[0].ref}-2"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Idea:
    """A suggestion, in days ago; `decided` is how it ended, when, and with which answer."""

    by: str
    text: str
    days_ago: int
    votes: int
    department: str | None = None
    customer: int | None = None
    decided: tuple[str, int, str] | None = None
    metric: str | None = None


_IDEAS: Final = (
    _Idea("SALES", "Check the credit of gold customers before the order, not after.", 5, 9, "FIN", 0),
    _Idea(
        "ORDERS",
        "Answer credit checks from the old tool for as long as the new one is not ready.",
        CREDIT_TOOL[0] + 6,
        21,
        "FIN",
        decided=("adopted", CREDIT_TOOL[0], "Agreed: nobody waits for a tool."),
        metric="attainment",
    ),
    _Idea(
        "IT",
        "Keep a spare of every network part in house, so that an outage lasts a day, not a week.",
        OUTAGE[0] + 3,
        14,
        "IT",
        decided=("adopted", OUTAGE[0], "The spares are ordered; from now on we count them every month."),
        metric="attainment",
    ),
    _Idea(
        "SERVICE",
        "One page that tells whose fault is whose: site, network or order.",
        24,
        11,
        "SERVICE",
        decided=("adopted", 12, "It hangs beside every screen, and in the intranet."),
        metric="returns",
    ),
    _Idea("OPS", "Ask for the amount, the site and the contact before anything is requested.", 25, 17, "SALES"),
    _Idea("BILLING", "Send them one invoice for each site: they asked for it twice.", 9, 4, "BILLING", 3),
    _Idea(
        "SALES",
        "Skip the contract review below 10,000 EUR.",
        50,
        6,
        "LEGAL",
        decided=("declined", 44, "What is risky are the terms, not the amount."),
    ),
    _Idea("LOG", "Let everybody spend one day a year in the department that they ask most.", 31, 12),
)


def recognitions(
    seed: int, as_of: datetime, members: Iterable[Member], tickets: Iterable[Ticket]
) -> tuple[Recognition, ...]:
    """Some of those who were served very well thank whoever did it."""
    departments = {member.email: member.departments for member in members}
    told = [each for ticket in tickets for each in _of_ticket(seed, departments, ticket) if each.at <= as_of]
    return tuple(sorted(told, key=lambda each: each.at))


def _of_ticket(seed: int, departments: Mapping[str, Sequence[str]], ticket: Ticket) -> Iterator[Recognition]:
    rng = Random(f"{seed}/thanks/{ticket.ref}")
    doer, provider, by = ticket.life.assignee_id, ticket.life.department_id, ticket.requester_member
    if ticket.ref == _THANKED_TICKET and ticket.life.resolved_at is not None:
        words = "Stayed until the credit line was open, so that the hall could go live on Monday."
        at = ticket.life.resolved_at + timedelta(hours=1)
        yield Recognition(THANKED_BY_HAND, at, by, None, provider, ticket.ref, ticket.customer, words)
    if ticket.feedback is None or ticket.feedback.score < 5 or rng.random() > 0.15:
        return
    at, words = ticket.feedback.at + timedelta(minutes=rng.randint(1, 50)), rng.choice(sayings.APPRECIATION)
    ref = f"{ticket.ref}/thanks"
    if doer is not None and doer != by:
        yield Recognition(ref, at, by, doer, None, ticket.ref, ticket.customer, words)
    elif provider not in departments[by]:
        yield Recognition(ref, at, by, None, provider, ticket.ref, ticket.customer, words)


def suggestions(
    seed: int, as_of: datetime, staff: Staff, customers: Sequence[Customer], members: Sequence[Member]
) -> tuple[Suggestion, ...]:
    """All of them; the first is open, with an example of its own."""
    everybody = [member.email for member in members]
    return tuple(
        _suggestion(f"DEMO-IDEA-{place}", idea, as_of, staff, customers, everybody, Random(f"{seed}/idea/{place}"))
        for place, idea in enumerate(_IDEAS, 1)
    )


def _suggestion(
    ref: str,
    idea: _Idea,
    as_of: datetime,
    staff: Staff,
    customers: Sequence[Customer],
    everybody: Sequence[str],
    rng: Random,
) -> Suggestion:
    at = as_of - idea.days_ago * _DAY + timedelta(hours=9)
    by = staff.members(idea.by)[1]
    decision = None
    if idea.decided is not None:
        status, days_ago, answer = idea.decided
        decider = staff.members(idea.department or idea.by)[0]
        days = 30 if idea.metric is not None else None
        decision = Decision(as_of - days_ago * _DAY, decider, status, answer, idea.metric, days)
    last = (decision.at if decision else as_of) - at
    voters = rng.sample([email for email in everybody if email != by], idea.votes)
    instants = sorted(at + timedelta(seconds=round(rng.uniform(0.01, 0.99) * last.total_seconds())) for _ in voters)
    votes = tuple(Vote(instant, voter) for instant, voter in zip(instants, voters, strict=True))
    customer = None if idea.customer is None else customers[idea.customer].ref
    return Suggestion(ref, at, by, idea.department, customer, idea.text, votes, decision)
