"""The states of a ticket and the verbs that move it: which verb from which state, and what it leaves. Pure.

`RULES` is the one table of what may happen when; the API, the import of event logs and the documentation all read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where a ticket is in its life."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What can be done to a ticket."""

    ACKNOWLEDGE = "acknowledge"
    START = "start"
    WAIT = "wait"
    RESUME = "resume"
    ASK = "ask"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"
    DECLINE = "decline"
    CANCEL = "cancel"
    TRANSFER = "transfer"
    ACCEPT = "accept"
    RETURN = "return"
    ASSIGN = "assign"
    PRIORITISE = "prioritise"
    COMMENT = "comment"


class Party(StrEnum):
    """Whom a ticket can wait for."""

    REQUESTER = "requester"
    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"
    DEPENDENCY = "dependency"


class Priority(StrEnum):
    """How urgent a ticket is, the most urgent first."""

    P1 = "p1"
    P2 = "p2"
    P3 = "p3"
    P4 = "p4"


@dataclass(frozen=True, slots=True)
class Rule:
    """From which states a verb is possible and what it leaves; `to` is None where the state stays as it was."""

    from_states: frozenset[Status]
    to: Status | None
    description: str
    acknowledges: bool = False
    ends_wait: bool = False
    unaccepted_transfer_only: bool = False


_OPEN = frozenset({Status.OPEN})
UNRESOLVED = frozenset({Status.OPEN, Status.ACKNOWLEDGED, Status.IN_PROGRESS, Status.WAITING})
"""The states in which a ticket is still to be resolved."""
_RESOLVED = frozenset({Status.RESOLVED})
_ANY = frozenset(Status)

RULES: Mapping[Verb, Rule] = {
    Verb.ACKNOWLEDGE: Rule(
        _OPEN, Status.ACKNOWLEDGED, "The provider has seen it and will deal with it.", acknowledges=True
    ),
    Verb.START: Rule(
        frozenset({Status.OPEN, Status.ACKNOWLEDGED}),
        Status.IN_PROGRESS,
        "The provider works on it.",
        acknowledges=True,
    ),
    Verb.WAIT: Rule(
        UNRESOLVED,
        Status.WAITING,
        "It waits for the requester, the customer, a third party or a dependency. "
        "While waiting it ends that wait and begins the next.",
        acknowledges=True,
        ends_wait=True,
    ),
    Verb.RESUME: Rule(
        frozenset({Status.WAITING}), Status.IN_PROGRESS, "The wait is over and work goes on.", ends_wait=True
    ),
    Verb.ASK: Rule(
        UNRESOLVED,
        None,
        "A question back to the requester, which is counted. An open ticket becomes acknowledged by it.",
        acknowledges=True,
    ),
    Verb.RESOLVE: Rule(
        UNRESOLVED, Status.RESOLVED, "The provider has done what was asked.", acknowledges=True, ends_wait=True
    ),
    Verb.REOPEN: Rule(
        frozenset({Status.RESOLVED, Status.CLOSED}),
        Status.IN_PROGRESS,
        "It was not done after all: work goes on in the same leg.",
    ),
    Verb.CLOSE: Rule(_RESOLVED, Status.CLOSED, "Nothing more is expected."),
    Verb.DECLINE: Rule(_OPEN, Status.DECLINED, "The provider will not do it. This is final.", acknowledges=True),
    Verb.CANCEL: Rule(UNRESOLVED, Status.CANCELLED, "It is no longer wanted. This is final.", ends_wait=True),
    Verb.TRANSFER: Rule(
        UNRESOLVED, Status.OPEN, "Another department becomes the provider, in a new leg.", ends_wait=True
    ),
    Verb.ACCEPT: Rule(
        _OPEN,
        None,
        "The receiver of a transfer takes it on. This does not acknowledge it.",
        unaccepted_transfer_only=True,
    ),
    Verb.RETURN: Rule(
        _OPEN,
        Status.OPEN,
        "The receiver of a transfer hands it back, in a new leg of the sender.",
        unaccepted_transfer_only=True,
    ),
    Verb.ASSIGN: Rule(UNRESOLVED | _RESOLVED, None, "A member takes it, or it goes back to the department's queue."),
    Verb.PRIORITISE: Rule(UNRESOLVED | _RESOLVED, None, "It becomes more, or less, urgent."),
    Verb.COMMENT: Rule(_ANY, None, "Something is said about it, internally or so that the requester sees it."),
}
