"""What an alarm sets going, in the transaction in which it is told: escalations, and a look at error budgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.kernel.jobs import enqueue, job
from app.kernel.work import Work
from app.service_levels.alarms import Alarm, AlarmKind
from app.service_levels.clock import Agreement, Clock
from app.service_levels.escalations import Escalation
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

    def escalations(self) -> list[Escalation[UUID]]:
        """What is to be done now that the clock has used this share of its target, in the order of the SLA."""
        share = 1 if self.alarm.kind is AlarmKind.BREACHED else self.alarm.fraction
        return [each for each in self.agreement.escalations if each.metric == self.clock.metric and each.at == share]


async def set_going(work: Work, reached: Sequence[Reached]) -> None:
    """Asks for what the alarms set going: for one ticket in one job, so that it is done in their order."""
    alarms: dict[UUID, list[dict[str, Any]]] = {}
    for each in reached:
        if escalations := each.escalations():
            escalated = {
                "clock": each.clock.number,
                "sla_id": str(each.agreement.sla_id),
                "escalations": [escalation.document() for escalation in escalations],
            }
            alarms.setdefault(each.ticket_id, []).append(escalated)
    jobs = [job(ESCALATION, work.now, ticket_id=str(id_), alarms=own) for id_, own in alarms.items()]
    await enqueue(work.connection, jobs)
    breached = [
        (each.clock.sla_id, each.clock.metric.value) for each in reached if each.alarm.kind is AlarmKind.BREACHED
    ]
    await clocks_breached(work.connection, breached, work.now)
