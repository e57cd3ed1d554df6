"""The commitments of an event log as they were known at any instant, for back-testing forecasts. Pure."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.exchange.interpret import Case
from app.exchange.mapping import LogMapping
from app.exchange.promises import Promise
from app.ripple.engine.graph import Commitment, Leg, Ticket
from app.ripple.engine.instants import optional_seconds, seconds
from app.ripple.forecasting.experience import Record
from app.tickets.life.lifecycle import Life

NO_REQUEST_TYPE: Final = ""


@dataclass(frozen=True, slots=True)
class LoggedCommitment:
    """A case that makes a commitment: its ticket after each event (`instants` ascending) and the promise.

    `delivered_by_resolving`: the log has no delivery of its own, so that it is the ticket's resolution; one that was
    reopened later is then delivered until that.
    """

    record: Record
    instants: tuple[int, ...]
    tickets: tuple[Ticket, ...]
    delivered_by_resolving: bool

    def as_of(self, at: int) -> Record | None:
        """What was known of it then; None: it had not been promised."""
        commitment = self.record.commitment
        if commitment.promised_at > at:
            return None
        known = bisect_right(self.instants, at)
        tickets = self.tickets[known - 1 : known] if known else ()
        delivered_at = commitment.delivered_at
        if self.delivered_by_resolving:
            delivered_at = tickets[0].resolved_at if tickets else None
        elif delivered_at is not None and delivered_at > at:
            delivered_at = None
        return replace(self.record, commitment=replace(commitment, delivered_at=delivered_at), tickets=tickets)


def logged_commitment(case: Case, mapping: LogMapping) -> LoggedCommitment | None:
    """The commitment of a case, with its history; None: it makes none."""
    promise, rule = case.promise, mapping.commitment
    if not isinstance(promise, Promise) or rule is None:
        return None
    snapshots = dict(_snapshots(case, mapping.defaults.requester))
    commitment = Commitment(
        rule.owner, seconds(promise.promised_at), seconds(promise.due_at), optional_seconds(promise.delivered_at)
    )
    return LoggedCommitment(
        Record(case.name, commitment, (), {case.name: (NO_REQUEST_TYPE, str(case.opening.priority))}),
        tuple(snapshots),
        tuple(snapshots.values()),
        rule.delivered is None or promise.delivered_at == case.life.resolved_at,
    )


def _snapshots(case: Case, requester: str) -> Iterator[tuple[int, Ticket]]:
    yield seconds(case.opening.opened_at), _ticket(case.name, case.opening, requester)
    for step in case.steps:
        if step.action is not None:
            yield seconds(step.action.at), _ticket(case.name, step.life, requester)


def _ticket(id_: str, life: Life[str], requester: str) -> Ticket:
    ended_at: datetime | None = life.resolved_at or life.ended_at
    return Ticket(
        id=id_,
        requester=requester,
        provider=life.legs[-1].department_id,
        opened_at=seconds(life.opened_at),
        resolved_at=optional_seconds(ended_at),
        acknowledged_at=optional_seconds(life.acknowledged_at),
        legs=tuple(
            Leg(leg.department_id, seconds(leg.started_at), optional_seconds(leg.acknowledged_at)) for leg in life.legs
        ),
    )
