"""A ticket's clocks from its history: what was agreed when is recorded in it, so any instant can be told again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Row
from app.kernel.problems import NotFound
from app.service_levels.agreements import Version, agreements
from app.service_levels.clock import Agreement
from app.service_levels.matching import Match
from app.service_levels.ticket_clocks import Opening, Step
from app.tickets import queries
from app.tickets.life.lifecycle import Action
from app.tickets.life.verbs import Verb

OPEN = "open"
"""The verb of the first entry of every history."""

HAND_OVERS = (Verb.TRANSFER, Verb.RETURN)
"""The verbs that give a ticket another provider."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was matched at a step: for the current leg, and for the clock of scope ticket."""

    leg: Agreement[UUID] | None
    ticket: Agreement[UUID] | None = None

    def details(self) -> dict[str, Any]:
        """As the history records it."""
        return {"selected": {"leg": _recorded(self.leg), "ticket": _recorded(self.ticket)}}


def _recorded(agreement: Agreement[UUID] | None) -> dict[str, Any] | None:
    return None if agreement is None else {"sla_id": str(agreement.sla_id), "version": agreement.version}


def explanation(match: Match[UUID]) -> list[dict[str, Any]]:
    """Every candidate and which of its conditions failed, as a leg records it."""
    return [
        {
            "sla_id": str(considered.candidate.sla_id),
            "version": considered.candidate.version,
            "rank": considered.candidate.rank,
            "failed": list(considered.failed),
            "chosen": considered.chosen,
        }
        for considered in match.explanation
    ]


async def recorded_history(connection: AsyncConnection, ticket_id: UUID) -> Sequence[Row]:
    """The entries of a ticket's history, in their order.

    Raises:
        NotFound: there is no such ticket.
    """
    entries = (await connection.execute(queries.HISTORY, {"ticket_id": ticket_id})).mappings().all()
    if not entries:
        raise NotFound(f"There is no ticket with id {ticket_id}.")
    return entries


async def recorded_histories(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    """The same of several tickets, in one statement."""
    entries = (await connection.execute(queries.HISTORIES, {"ids": ids})).mappings().all()
    return {id_: list(own) for id_, own in groupby(entries, key=lambda entry: entry["ticket_id"])}


async def recorded_agreements(
    connection: AsyncConnection, histories: Iterable[Sequence[Row]]
) -> dict[Version, Agreement[UUID]]:
    """The agreements that these histories name."""
    named = {
        version
        for history in histories
        for entry in history
        for version in map(_version, (entry["details"].get("selected") or {}).values())
        if version is not None
    }
    return await agreements(connection, named) if named else {}


def _version(recorded: Mapping[str, Any] | None) -> Version | None:
    return None if recorded is None else (UUID(recorded["sla_id"]), recorded["version"])


def told(
    history: Sequence[Row], known: Mapping[Version, Agreement[UUID]]
) -> tuple[Opening[UUID], tuple[Step[UUID], ...]]:
    """A history as the clocks go through it."""
    opening, *later = history
    return _opening_of(opening, known), tuple(_step_of(entry, known) for entry in later)


def _opening_of(entry: Row, known: Mapping[Version, Agreement[UUID]]) -> Opening[UUID]:
    """How the ticket began, from the first entry of its history."""
    details = entry["details"]
    leg, _ = _selected(details, known)
    return Opening(entry["at"], UUID(details["department_id"]), details["priority"], leg)


def _step_of(entry: Row, known: Mapping[Version, Agreement[UUID]]) -> Step[UUID]:
    """A later entry as a step of the clocks."""
    details = entry["details"]
    leg, ticket = _selected(details, known)
    return Step(
        entry["verb"],
        entry["at"],
        on=details.get("on"),
        department_id=UUID(details["department_id"]) if "department_id" in details else None,
        priority=details.get("priority"),
        agreement=leg,
        ticket_agreement=ticket,
        by_provider=details.get("by_provider", False),
        visible_to_requester=details.get("visibility") == "requester",
    )


def step_after(action: Action[Any], department_id: UUID, selection: Selection | None) -> Step[UUID]:
    """An action that left the ticket with this department, with what was matched at it, as a step of the clocks."""
    return Step(
        action.verb,
        action.at,
        on=action.on,
        department_id=department_id if action.verb in HAND_OVERS else None,
        priority=action.priority,
        agreement=selection.leg if selection else None,
        ticket_agreement=selection.ticket if selection else None,
        by_provider=action.by_provider,
        visible_to_requester=action.visible_to_requester,
    )


def details_of(
    action: Action[Any],
    department_id: UUID,
    member_id: UUID | None,
    told: Mapping[str, Any],
    selection: Selection | None,
) -> dict[str, Any]:
    """What the history records of an action: what it needed, what was told, what was matched.

    The action left the ticket with this department; `member_id` is that of the member whom it names.
    """
    visibility = "requester" if action.visible_to_requester else "internal"
    stated = {
        "on": action.on,
        "priority": action.priority,
        "granted": action.granted,
        "visibility": visibility if action.verb is Verb.COMMENT else None,
        "member_id": str(member_id) if member_id else None,
        "department_id": str(department_id) if action.verb in HAND_OVERS else None,
        "by_provider": action.by_provider or None,
        **told,
    }
    details = {name: value for name, value in stated.items() if value is not None}
    return details | selection.details() if selection else details


def _selected(
    details: Mapping[str, Any], known: Mapping[Version, Agreement[UUID]]
) -> tuple[Agreement[UUID] | None, Agreement[UUID] | None]:
    selected = details.get("selected") or {}
    versions = (_version(selected.get("leg")), _version(selected.get("ticket")))
    leg, ticket = (None if version is None else known[version] for version in versions)
    return leg, ticket
