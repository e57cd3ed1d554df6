"""The story of a stored commitment: told in sentences, and drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.kernel.problems import NotFound
from app.kernel.work import Work
from app.ripple import queries
from app.ripple.computing import compute
from app.ripple.engine.analysis import Analysis, analyse
from app.ripple.engine.instants import instant
from app.ripple.loading import StoredCommitment, StoredHistories, load
from app.ripple.story.drawing import draw
from app.ripple.story.explaining import Status, Story, explain
from app.ripple.story.lifelines import Lifeline, Lifelines, draw_lifelines
from app.ripple.story.telling import Named, Names
from app.tickets.tables import tickets

_STATUS: Final[Mapping[str, Status]] = {"open": "open", "delivered": "delivered", "cancelled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Told:
    """A commitment with its story; ``numbers`` are those of its tickets, by id."""

    commitment: StoredCommitment
    analysis: Analysis
    story: Story
    lifelines: Lifelines
    names: Names
    numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A commitment as it was loaded, with the names in it."""

    histories: StoredHistories
    departments: Mapping[str, str]
    tickets: Sequence[Row[Any, Any, Any]]


async def commitment_story(work: Work, commitment_id: UUID) -> dict[str, Any]:
    """The story as JSON values.

    Raises:
        NotFound: there is no commitment with this id.
    """
    asked = await _load(work.connection, commitment_id)
    return await compute(lambda: _document(_told(asked, work), work))


async def commitment_picture(work: Work, commitment_id: UUID) -> str:
    """The story as SVG.

    Raises:
        NotFound: there is no commitment with this id.
    """
    asked = await _load(work.connection, commitment_id)

    def picture() -> str:
        told = _told(asked, work)
        return draw(told.story, told.lifelines, told.names)

    return await compute(picture)


async def _load(connection: AsyncConnection, commitment_id: UUID) -> _Asked:
    """In at most seven statements."""
    histories = await load(connection, commitments.c.id == commitment_id)
    if not histories.commitments:
        raise NotFound(f"There is no commitment with id {commitment_id}.")
    departments = await connection.execute(queries.DEPARTMENTS)
    named = queries.TICKET_NAMES.where(tickets.c.id.in_({row.id for row in histories.tickets}))
    return _Asked(histories, {row.key: row.name for row in departments}, (await connection.execute(named)).all())


def _told(asked: _Asked, work: Work) -> Told:
    (history,) = asked.histories
    commitment = history.commitment
    names = Names(
        commitment=commitment.title,
        customer=commitment.customer_name,
        commitment_id=str(commitment.id),
        departments=asked.departments,
        tickets={str(row.id): Named(f"T-{row.number}", row.title) for row in asked.tickets},
    )
    graph = history.graph(work.now)
    analysis = analyse(graph)
    return Told(
        commitment=commitment,
        analysis=analysis,
        story=explain(graph, analysis, names, _STATUS[commitment.status]),
        lifelines=draw_lifelines(graph, analysis),
        names=names,
        numbers={str(row.id): row.number for row in asked.tickets},
    )


def _document(told: Told, work: Work) -> dict[str, Any]:
    commitment, lifelines = told.commitment, told.lifelines
    return {
        "commitment_id": commitment.id,
        "customer_id": commitment.customer_id,
        "as_of": commitment.as_of(work.now),
        "engine_version": told.analysis.engine_version,
        "status": commitment.status,
        "headline": told.story.headline,
        "sentences": told.story.sentences,
        "departments": {key: told.names.party(key) for key in sorted(_departments(told))},
        "timeline": {
            "from": instant(lifelines.first_at),
            "to": instant(lifelines.last_at),
            "promised_at": instant(lifelines.started_at),
            "due_at": instant(lifelines.due_at),
            "ended_at": instant(lifelines.ended_at),
            "delivered": lifelines.delivered,
            "tickets": [_ticket(line, told) for line in lifelines.tickets],
        },
        "path": [
            {
                "from": instant(segment.started_at),
                "to": instant(segment.ended_at),
                "ticket_id": segment.ticket_id,
                "department": segment.department,
                "cause": segment.cause,
            }
            for segment in lifelines.path
        ],
    }


def _departments(told: Told) -> set[str]:
    found = {told.commitment.owner}
    for line in told.lifelines.tickets:
        found |= {line.requester, line.provider, *(leg.department for leg in line.legs)}
    return found


def _ticket(line: Lifeline, told: Told) -> dict[str, Any]:
    return {
        "ticket_id": line.ticket_id,
        "number": told.numbers[line.ticket_id],
        "title": told.names.title(line.ticket_id),
        "requester": line.requester,
        "provider": line.provider,
        "opened_at": instant(line.opened_at),
        "ended_at": instant(line.ended_at),
        "due_at": None if line.due_at is None else instant(line.due_at),
        "resolved": line.resolved,
        "depth": line.depth,
        "raised_by": line.raised_by,
        "driving": line.driving,
        "on_path": line.on_path_seconds > 0,
        "on_path_seconds": line.on_path_seconds,
        "overrun_seconds": line.overrun_seconds,
        "legs": [
            {
                "department": leg.department,
                "from": instant(leg.started_at),
                "to": instant(leg.ended_at),
                "acknowledged_at": None if leg.acknowledged_at is None else instant(leg.acknowledged_at),
            }
            for leg in line.legs
        ],
        "waits": [
            {"on": wait.on, "from": instant(wait.started_at), "to": instant(wait.ended_at)} for wait in line.waits
        ],
    }
