"""Granting at once: an approval that a delegation covers is resolved at the instant at which it is opened."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.catalogue.delegating import Limits
from app.service_levels.ticket_clocks import Clocks, advance
from app.tickets.life.lifecycle import Action, Life, apply
from app.tickets.life.verbs import Verb
from app.tickets.timekeeping import details_of, step_after

RESOLUTION: Final = "Granted at once, by delegation."


@dataclass(frozen=True, slots=True)
class Granted:
    """What becomes of an approval by its delegation."""

    delegation: Limits[UUID]
    action: Action[UUID]
    life: Life[UUID]
    clocks: Clocks[UUID]

    @property
    def actor(self) -> dict[str, Any]:
        """Who granted it, as events and the history name that."""
        return {"type": "delegation", "id": self.delegation.id, "name": self.delegation.name}

    def details(self) -> dict[str, Any]:
        """What the history records of it."""
        told = {"resolution": RESOLUTION, "delegation_id": str(self.delegation.id)}
        return details_of(self.action, self.life.department_id, None, told, None)


def granted(life: Life[UUID], clocks: Clocks[UUID], delegation: Limits[UUID]) -> Granted:
    """A ticket that was just opened, once it is granted: by that its clocks are met."""
    action: Action[UUID] = Action(Verb.RESOLVE, life.opened_at, granted=True)
    after = apply(life, action)
    return Granted(delegation, action, after, advance(clocks, step_after(action, after.department_id, None)))
