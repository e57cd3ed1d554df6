"""A case as the rows of every table that tells of its ticket, and as the events of its life."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from app.commitments.commitments import answer_of as commitment_answer
from app.commitments.tables import commitments
from app.exchange.interpret import Case, Step
from app.exchange.merging import events_of, promise_of
from app.exchange.names import Names
from app.exchange.promises import Promise
from app.exchange.rows import Row
from app.kernel.outbox import previous
from app.tickets.bulk.sheets import TICKETS, Sheets, Told, columns_of
from app.tickets.bulk.writing import Chooser, Writer, json_text
from app.tickets.life.lifecycle import Life
from app.tickets.life.whole_lives import Deed, Earlier, KeptLeg, Noted, WholeLife

NOTED: Final = "noted"
"""The verb in a ticket's history of an event of the log that did nothing to the ticket."""

COMMITMENTS: Final = columns_of(commitments)
_VERSION: Final = TICKETS.index("version")

_occurred_at = attrgetter("occurred_at")


@dataclass(slots=True)
class CaseSheets:
    """Rows of cases: those of their tickets, `commitments` in the order of those columns, and `cases` as they are kept
    to be merged; `told` are the events."""

    lives: Sheets = field(default_factory=Sheets)
    commitments: list[tuple[Any, ...]] = field(default_factory=list)
    cases: list[tuple[Any, ...]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case goes: the ids of its ticket and commitment, and the versions they had before.

    `commitment_id` is that of the commitment to write, if the case makes one. Without it none is written, and the
    ticket keeps `kept_commitment_id`.
    """

    ticket_id: UUID
    number: int
    commitment_id: UUID | None
    kept_commitment_id: UUID | None = None
    ticket_version: int = 0
    commitment_version: int = 0


class Recorder:
    """Writes cases into sheets; every name in them is known by now.

    `requester` and `owner` are names of departments; `actor` is who does it, as history and events name the actor.
    """

    def __init__(
        self,
        names: Names,
        actor: Mapping[str, Any],
        now: datetime,
        chooser: Chooser,
        *,
        requester: str,
        owner: str | None,
        source: str | None,
    ) -> None:
        self.names, self.actor, self.now = names, actor, now
        self.requester, self.owner, self.source = requester, owner or requester, source
        self._actor_json = json_text(actor)
        self._writer = Writer(chooser, names.departments.ids, names.members.ids, now)

    def record(self, sheets: CaseSheets, case: Case, place: Place, legs: Mapping[int, KeptLeg] | None = None) -> None:
        """Writes a case: its ticket and all that belongs to it, its commitment, and what they tell.

        `legs` are those that the ticket has already.
        """
        told: list[Told] = []
        commitment_id, commitment_version = place.kept_commitment_id, None
        if place.commitment_id is not None and isinstance(case.promise, Promise):
            commitment_id = place.commitment_id
            commitment_version = self._commitment(sheets, told, case, case.promise, place)
        life = self._life(case, place, commitment_id, Earlier(place.ticket_version, legs or {}))
        told[1:1] = self._writer.write(sheets.lives, life, place.number)
        sheets.told += [*told[:1], *sorted(told[1:], key=_occurred_at)]
        self._saw(case.rows[0], case.opening)
        for step in case.steps:
            self._saw(step.row, step.life)
        kept = json_text(promise_of(case.rows)), json_text(events_of(case.rows))
        version = sheets.lives.tickets[-1][_VERSION]
        sheets.cases.append((place.ticket_id, version, commitment_version, *kept))

    def _life(self, case: Case, place: Place, commitment_id: UUID | None, earlier: Earlier) -> WholeLife[str]:
        names, customer = self.names, self.names.customer(case.customer)
        return WholeLife(
            id=place.ticket_id,
            title=case.title,
            requester_department_id=names.departments.ids[self.requester],
            customer_id=customer.id,
            tier=customer.tier,
            customer_value=customer.annual_value,
            currency=customer.currency,
            commitment_id=commitment_id,
            source=self.source,
            external_ref=case.name,
            opening=case.opening,
            actor=self._actor_json,
            told={"activity": case.rows[0].activity},
            deeds=self._deeds(case),
            earlier=earlier,
        )

    def _deeds(self, case: Case) -> Iterator[Deed[str] | Noted]:
        """What was done, told with the activity of the log that it comes from."""
        for step in case.steps:
            if step.action is None:
                yield Noted(NOTED, step.row.at.replace(microsecond=0), self._actor_json, self._noted(step))
            else:
                yield Deed(step.action, self._actor_json, {"activity": step.row.activity}, step.life)

    def _noted(self, step: Step) -> dict[str, Any]:
        names, row = self.names, step.row
        details: dict[str, Any] = {}
        if row.department is not None:
            details["department_id"] = names.departments.ids[row.department]
        if row.member is not None:
            details["member_id"] = names.members.ids[row.member]
        return details | {"activity": row.activity}

    def _saw(self, row: Row, life: Life[str]) -> None:
        if row.member is not None:
            names = self.names
            names.saw(names.members.ids[row.member], names.departments.ids[row.department or life.department_id])

    def _commitment(self, sheets: CaseSheets, told: list[Told], case: Case, promise: Promise, place: Place) -> int:
        """Writes the commitment and tells of it, first that it was made; gives its version."""
        row: dict[str, Any] = dict.fromkeys((*COMMITMENTS, "reschedules"))
        row |= {
            "id": place.commitment_id,
            "version": place.commitment_version + 1,
            "customer_id": self.names.customers.ids[case.customer],
            "title": case.title,
            "owner_department_id": self.names.departments.ids[self.owner],
            "status": "open",
            "promised_at": promise.promised_at,
            "due_at": promise.due_at,
            "agreed_due_at": promise.due_at,
            "source": self.source,
            "external_ref": case.name,
            "created_at": self.now,
            "updated_at": self.now,
        }
        made = commitment_answer(row, promise.promised_at)
        data = {"commitment": made, "customer": self.names.customer(case.customer), "actor": self.actor}
        told.append(Told("commitment.created", promise.promised_at, json_text(data)))
        if promise.delivered_at is not None:
            row |= {"version": row["version"] + 1, "status": "delivered", "delivered_at": promise.delivered_at}
            delivered = commitment_answer(row, promise.delivered_at)
            kind = "commitment.delivered_late" if delivered.lateness_seconds else "commitment.delivered"
            data |= {"commitment": delivered, "previous": previous(made, delivered)}
            told.append(Told(kind, promise.delivered_at, json_text(data)))
        sheets.commitments.append(tuple(map(row.__getitem__, COMMITMENTS)))
        version: int = row["version"]
        return version
