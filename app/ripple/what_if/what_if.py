"""Use cases of what if: one commitment, and the commitments of a period."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from app.commitments.tables import commitments
from app.kernel.problems import NOT_THERE, FieldError, Invalid, NotFound
from app.kernel.reports import Period
from app.kernel.work import Work
from app.ripple.computing import compute, compute_in_parts
from app.ripple.engine.graph import RESERVED_NAMES, ROOT
from app.ripple.engine.instants import seconds
from app.ripple.engine.stakes import Stake, Stakes, stake_of
from app.ripple.loading import History, StoredCommitment, load
from app.ripple.naming import names_of
from app.ripple.reports.choosing import by_tickets, chosen, delivered, number_in_time
from app.ripple.what_if.supposing import Outcome, Supposition, suppose
from app.ripple.what_if.what_if_schemas import (
    NO_VALUE,
    ChangedCommitment,
    CommitmentOutcome,
    CommitmentWhatIf,
    Ending,
    PeriodOutcome,
    PeriodSums,
    PeriodWhatIf,
    SupposedDepartment,
)

MOST_TOLD = 20
"""How many of a period's commitments are named: those that changed most."""

_SUPPOSED_AT_ONCE = 100


async def commitment_what_if(work: Work, commitment_id: UUID, asked: CommitmentWhatIf) -> CommitmentOutcome:
    """What would have come of a stored commitment, in at most eight statements.

    Raises:
        NotFound: there is none with this id.
        Invalid: nothing is supposed, or of departments or tickets that are not there, or anything twice.
    """
    stored = await load(work.connection, commitments.c.id == commitment_id)
    if not stored.commitments:
        raise NotFound(f"There is no commitment with id {commitment_id}.")
    keys = (await names_of(work.connection)).departments.keys()
    (history,) = await compute(list, stored)
    supposition = _of_commitment(asked, keys, history)
    outcome = await compute(_outcome, history, supposition, work.now)
    return _told(history.commitment, outcome, work.now)


def _outcome(history: History, supposition: Supposition, now: datetime) -> Outcome:
    return suppose(history.graph(now), supposition)


def _told(commitment: StoredCommitment, outcome: Outcome, now: datetime) -> CommitmentOutcome:
    amount = stake(commitment).amount
    return CommitmentOutcome(
        commitment_id=commitment.id,
        customer_id=commitment.customer_id,
        as_of=commitment.as_of(now),
        before=_before(commitment, outcome),
        after=_after(commitment, outcome),
        lateness_saved_seconds=outcome.lateness_before - outcome.lateness_after,
        saved=outcome.saved,
        lost=outcome.lost,
        value=None if amount is None else amount.value,
        value_saved=None if amount is None else amount.value if outcome.saved else NO_VALUE,
        currency=None if amount is None else amount.currency,
    )


def stake(commitment: StoredCommitment) -> Stake:
    """What hangs on a stored commitment."""
    return stake_of(commitment.id, commitment.own_value, commitment.customer_id, commitment.customer_value)


def _before(commitment: StoredCommitment, outcome: Outcome) -> Ending:
    return Ending(commitment.delivered_at, outcome.lateness_before)


def _after(commitment: StoredCommitment, outcome: Outcome) -> Ending:
    ended_at = datetime.fromtimestamp(outcome.ended_after, UTC)
    return Ending(None if commitment.delivered_at is None else ended_at, outcome.lateness_after)


def _of_commitment(asked: CommitmentWhatIf, keys: Collection[str], history: History) -> Supposition:
    if not (asked.departments or asked.promises_kept or asked.tickets):
        raise Invalid.field("", "supposes nothing: name departments or tickets, or say promises_kept: true.")
    errors = list(_department_errors(asked.departments, keys))
    opened = {ticket.id: ticket.opened_at for ticket in history.tickets}
    resolved: dict[str, int] = {}
    for position, supposed in enumerate(asked.tickets):
        id_, at = str(supposed.ticket_id), f"/tickets/{position}"
        if id_ not in opened:
            errors.append(FieldError(f"{at}/ticket_id", "is no ticket beneath this commitment."))
        elif id_ in resolved:
            errors.append(FieldError(f"{at}/ticket_id", "is named twice."))
        elif seconds(supposed.resolved_at) < opened[id_]:
            errors.append(FieldError(f"{at}/resolved_at", "must not lie before the ticket was opened."))
        resolved[id_] = seconds(supposed.resolved_at)
    _refuse(errors)
    return _supposition(asked.departments, asked.promises_kept, resolved)


def _department_errors(departments: Sequence[SupposedDepartment], keys: Collection[str]) -> Iterator[FieldError]:
    named: set[str] = set()
    for position, supposed in enumerate(departments):
        key, at = supposed.department, f"/departments/{position}"
        if key in RESERVED_NAMES:
            if supposed.pace is not None:
                yield FieldError(f"{at}/pace", "is only a department's: nothing of theirs has a pace.")
        elif key not in keys:
            yield FieldError(f"{at}/department", NOT_THERE)
        if key in named:
            yield FieldError(f"{at}/department", "is named twice.")
        named.add(key)


def _refuse(errors: Sequence[FieldError]) -> None:
    if errors:
        raise Invalid(" ".join(f"{error.pointer}: {error.detail}" for error in errors[:3]), errors=errors)


def _supposition(
    departments: Sequence[SupposedDepartment], promises_kept: bool, resolved: dict[str, int] | None = None
) -> Supposition:
    return Supposition(
        paces={each.department: each.pace for each in departments if each.pace is not None},
        keeping=frozenset(each.department for each in departments if each.promises_kept),
        everybody_keeps=promises_kept,
        resolved=resolved or {},
    )


async def period_what_if(work: Work, asked: PeriodWhatIf) -> PeriodOutcome:
    """What would have come of the commitments delivered in a period: six statements by batch, and four more.

    Raises:
        Invalid: nothing is supposed, or of departments that are not there, or anything twice; or the period is none.
    """
    period, query = asked.period(work.now), asked.query()
    if not (asked.departments or asked.promises_kept):
        raise Invalid.field("", "supposes nothing: name departments, or say promises_kept: true.")
    names = await names_of(work.connection)
    _refuse(list(_department_errors(asked.departments, names.departments.keys())))
    supposing, among = _Sums(_supposition(asked.departments, asked.promises_kept)), chosen(query, names)
    # What only gets faster loses nothing that was in time.
    late_only = supposing.supposition.hastens_only and not by_tickets(query)
    if late_only:
        supposing.commitments += await number_in_time(work.connection, query, period)
    async for stored in delivered(work.connection, query, period, late_only=late_only):
        histories = (history for history in stored if among(history))
        await compute_in_parts(_SUPPOSED_AT_ONCE, histories, supposing.add_some, work.now)
    return supposing.outcome(period)


@dataclass(slots=True)
class _Sums:
    """What would have come of commitments, added up one after the other."""

    supposition: Supposition
    commitments: int = 0
    late: int = 0
    late_after: int = 0
    lateness: int = 0
    lateness_after: int = 0
    saved: int = 0
    lost: int = 0
    stakes: Stakes = field(default_factory=Stakes)
    stakes_after: Stakes = field(default_factory=Stakes)
    changed: list[tuple[StoredCommitment, Outcome]] = field(default_factory=list)
    changes: int = 0

    def add_some(self, histories: Sequence[History], now: datetime) -> None:
        for history in histories:
            self._add(history, now)
        self.changed = sorted(self.changed, key=_by_change)[:MOST_TOLD]

    def _add(self, history: History, now: datetime) -> None:
        self.commitments += 1
        graph = history.graph(now)
        if self.supposition.hastens_only and graph.ended[ROOT] <= graph.commitment.due_at:
            return
        outcome, at_stake = suppose(graph, self.supposition), stake(history.commitment)
        self.lateness += outcome.lateness_before
        self.lateness_after += outcome.lateness_after
        self.saved += outcome.saved
        self.lost += outcome.lost
        if outcome.lateness_before:
            self.late += 1
            self.stakes.add(at_stake)
        if outcome.lateness_after:
            self.late_after += 1
            self.stakes_after.add(at_stake)
        if outcome.lateness_before != outcome.lateness_after:
            self.changes += 1
            self.changed.append((history.commitment, outcome))

    def outcome(self, period: Period) -> PeriodOutcome:
        return PeriodOutcome(
            from_=period.start,
            to=period.end,
            commitments=self.commitments,
            before=PeriodSums(self.late, self.lateness, self.stakes.amounts()),
            after=PeriodSums(self.late_after, self.lateness_after, self.stakes_after.amounts()),
            lateness_saved_seconds=self.lateness - self.lateness_after,
            commitments_changed=self.changes,
            commitments_saved=self.saved,
            commitments_lost=self.lost,
            value_saved=self.stakes.beyond(self.stakes_after),
            value_lost=self.stakes_after.beyond(self.stakes),
            changed=[_changed(*each) for each in self.changed],
        )


def _by_change(changed: tuple[StoredCommitment, Outcome]) -> tuple[int, UUID]:
    commitment, outcome = changed
    return -abs(outcome.lateness_before - outcome.lateness_after), commitment.id


def _changed(commitment: StoredCommitment, outcome: Outcome) -> ChangedCommitment:
    amount = stake(commitment).amount
    return ChangedCommitment(
        commitment_id=commitment.id,
        title=commitment.title,
        customer_id=commitment.customer_id,
        customer=commitment.customer,
        before=_before(commitment, outcome),
        after=_after(commitment, outcome),
        lateness_saved_seconds=outcome.lateness_before - outcome.lateness_after,
        saved=outcome.saved,
        lost=outcome.lost,
        value=None if amount is None else amount.value,
        currency=None if amount is None else amount.currency,
    )
