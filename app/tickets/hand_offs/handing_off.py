"""All that was told of a ticket as it was passed on, so that nobody need ask again."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from app.customers.brief_schemas import CustomerBrief
from app.kernel.database import Row
from app.kernel.problems import NotFound
from app.kernel.work import Work
from app.tickets import queries
from app.tickets.hand_offs.schemas import Asked, HandOffs, LegTold
from app.tickets.life.verbs import Verb

BriefOf: TypeAlias = Callable[[Work, UUID], Awaitable[CustomerBrief]]
"""What to know of a customer."""


async def hand_offs(work: Work, ticket_id: UUID, brief_of: BriefOf) -> HandOffs:
    """How a ticket was passed on and what was told and asked: three statements beside the brief's, however often that
    was.

    Raises:
        NotFound: there is no such ticket.
    """
    run, named = work.connection.execute, {"ticket_id": ticket_id}
    ticket = (await run(queries.TOLD_AT_OPENING, named)).mappings().first()
    if ticket is None:
        raise NotFound(f"There is no ticket with id {ticket_id}.")
    legs = (await run(queries.LEGS, named)).mappings().all()
    history = (await run(queries.HISTORY, named)).mappings().all()
    ended_at = ticket["resolved_at"] or ticket["ended_at"]
    return HandOffs(
        ticket_id,
        ticket["title"],
        ticket["description"],
        await brief_of(work, ticket["customer_id"]),
        [_leg(legs, place, ended_at, work.now) for place in range(len(legs))],
        _questions(history, {leg["number"]: leg["department_id"] for leg in legs}),
    )


def _leg(legs: Sequence[Row], place: int, ended_at: datetime | None, now: datetime) -> LegTold:
    leg, is_hand_off = legs[place], place > 0
    accepted_at = (leg["accepted_at"] or leg["acknowledged_at"]) if is_hand_off else None
    until = accepted_at or leg["ended_at"] or ended_at or now
    return LegTold(
        leg["number"],
        leg["department_id"],
        legs[place - 1]["department_id"] if is_hand_off else None,
        leg["arrived_by"],
        leg["started_at"],
        leg["reason"],
        leg["context"],
        accepted_at,
        int((until - leg["started_at"]).total_seconds()) if is_hand_off else None,
        leg["ended_at"],
    )


def _questions(history: Sequence[Row], departments: dict[int, UUID]) -> list[Asked]:
    again: dict[int, dict[str, Any]] = {
        entry["details"]["question_number"]: {**entry["details"], "at": entry["at"]}
        for entry in history
        if "question_number" in entry["details"]
    }
    found = []
    for entry in history:
        if entry["verb"] == Verb.ASK:
            answer = again.get(entry["number"], {})
            found.append(
                Asked(
                    entry["number"],
                    entry["at"],
                    departments[entry["leg"]],
                    entry["details"].get("question"),
                    bool(answer),
                    answer.get("told_in"),
                    answer.get("at"),
                )
            )
    return found
