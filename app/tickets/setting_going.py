"""What an alarm sets going, in the transaction in which it is told: escalations, and a look at error budgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.kernel.jobs import enqueue, job
from app.kernel.work import Work
from app.service_levels.alarms import Alarm, AlarmKind
from app.service_levels.clock import Agreement, Clock
from app.service_levels.objectives import clocks_breached

ESCALATION = "escalation"
"""The kind of the jobs that escalate."""


@dataclass(frozen=True, slots=True)
class Reached:
    """An alarm of a ticket's clock that was told, and the agreement by which the clock runs."""

    ticket_id: UUID
    clock: Clock[UUID]
    agreement: Agreement[UUID]
    alarm: Alarm

    @property
    def share(self) -> float | None:
        """The share of its target that the clock had used; 1 at the breach."""
        return 1 if self.alarm.kind is AlarmKind.BREACHED else self.alarm.fraction


async def set_going(work: Work, reached: Sequence[Reached]) -> None:
    """Asks for what the alarms set going."""
    jobs = [
        job(
            ESCALATION,
            work.now,
            ticket_id=str(each.ticket_id),
            clock=each.clock.number,
            sla_id=str(each.agreement.sla_id),
            escalation=escalation.document(),
        )
        for each in reached
        for escalation in each.agreement.escalations
        if escalation.metric == each.clock.metric and escalation.at == each.share
    ]
    await enqueue(work.connection, jobs)
    breached = [
        (each.clock.sla_id, each.clock.metric.value) for each in reached if each.alarm.kind is AlarmKind.BREACHED
    ]
    await clocks_breached(work.connection, breached, work.now)
