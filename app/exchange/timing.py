"""The clocks of an imported ticket: which agreement each leg has, and what each action does to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.kernel.answers import to_json
from app.service_levels.agreements import Offers
from app.service_levels.clock import Agreement, Clock
from app.service_levels.matching import Request
from app.service_levels.ticket_clocks import Opening, Step, advance, opened
from app.tickets.lifecycle import Action, Life
from app.tickets.timekeeping import Selection, explanation
from app.tickets.verbs import Verb

NO_EXPLANATION: Final = "[]"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The agreement of a leg, and why that one, as JSON."""

    agreement: Agreement[UUID] | None
    explanation: str = NO_EXPLANATION


@dataclass(frozen=True, slots=True)
class KeptLeg:
    """A leg that a ticket has already: it keeps the agreement it started with."""

    department_id: UUID
    started_at: datetime
    chosen: Chosen


@dataclass(slots=True)
class Chooser:
    """Chooses agreements for the tickets of one requester; each question is asked once."""

    offers: Offers
    requester_id: UUID
    _known: dict[tuple[UUID, str, str | None], Chosen] = field(default_factory=dict)

    def choose(self, provider_id: UUID, priority: str, tier: str | None) -> Chosen:
        """What the provider undertakes towards a ticket of this priority for a customer of this tier."""
        asked = provider_id, priority, tier
        chosen = self._known.get(asked)
        if chosen is None:
            match, agreement = self.offers.choose(provider_id, Request(self.requester_id, None, priority, tier))
            chosen = self._known[asked] = Chosen(agreement, to_json(explanation(match)).decode())
        return chosen


class Timing:
    """The clocks of one ticket as its life goes on."""

    def __init__(
        self,
        chooser: Chooser,
        tier: str | None,
        opening: Life[Any],
        department_id: UUID,
        kept: Mapping[int, KeptLeg] | None = None,
    ) -> None:
        self._chooser, self._tier, self._kept = chooser, tier, kept or {}
        self._priority = opening.priority
        chosen = self._choose(1, department_id, opening.opened_at)
        self._legs = [chosen]
        self._clocks = opened(Opening(opening.opened_at, department_id, opening.priority, chosen.agreement))

    @property
    def leg(self) -> int:
        """The number of the current leg."""
        return len(self._legs)

    @property
    def clocks(self) -> Sequence[Clock[UUID]]:
        """The clocks as of the last action."""
        return self._clocks.clocks

    def stored(self, now: datetime) -> Sequence[Clock[UUID]]:
        """The clocks as they are kept: as of now, so that no alarm is raised of what passed before the import."""
        return self.view(now)

    def view(self, as_of: datetime) -> Sequence[Clock[UUID]]:
        """The clocks at an instant not before the last action, as they are shown."""
        return self._clocks.view(as_of) if self._clocks.clocks else ()

    def selected(self) -> dict[str, Any]:
        """What was matched for the current leg, as the history records it."""
        agreement = self._legs[-1].agreement
        return Selection(agreement, agreement if self.leg == 1 else None).details()

    def chosen(self, leg: int) -> Chosen:
        """The agreement of a leg."""
        return self._legs[leg - 1]

    def advance(self, action: Action[Any], department_id: UUID | None) -> None:
        """What an action does to the clocks; `department_id` is that of a transfer."""
        agreement = None
        if action.verb is Verb.TRANSFER and department_id is not None:
            chosen = self._choose(self.leg + 1, department_id, action.at)
            self._legs.append(chosen)
            agreement = chosen.agreement
        elif not self._clocks.clocks:
            # Without an agreement so far nothing but the next hand-off can start a clock.
            return
        step = Step(action.verb, action.at, on=action.on, department_id=department_id, agreement=agreement)
        self._clocks = advance(self._clocks, step)

    def _choose(self, leg: int, department_id: UUID, started_at: datetime) -> Chosen:
        kept = self._kept.get(leg)
        if kept is not None and (kept.department_id, kept.started_at) == (department_id, started_at):
            return kept.chosen
        return self._chooser.choose(department_id, self._priority, self._tier)
