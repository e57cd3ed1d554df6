"""Use cases of ripple: a graph that is given, and a stored commitment."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app.commitments.tables import commitments
from app.kernel.findings import from_validation
from app.kernel.problems import Invalid, NotFound
from app.kernel.work import Work
from app.ripple.computing import compute
from app.ripple.engine.analysis import ENGINE_VERSION, analyse
from app.ripple.engine.documents import to_document
from app.ripple.engine.graph import InvalidGraph
from app.ripple.keeping import keep_queries
from app.ripple.keeping.hashing import departments_of, graph_hash
from app.ripple.keeping.hours import business_hours, organisation
from app.ripple.keeping.stored import document
from app.ripple.loading import History, StoredHistories, load
from app.ripple.schemas import GivenGraph


async def analyse_given(given: object) -> dict[str, Any]:
    """The analysis of a graph as it was sent.

    Raises:
        Invalid: it is none, or describes no possible history.
    """
    return await compute(_analyse_given, given)


def _analyse_given(given: object) -> dict[str, Any]:
    try:
        return to_document(analyse(GivenGraph.model_validate(given).graph()))
    except ValidationError as error:
        raise from_validation(error) from error
    except InvalidGraph as error:
        raise Invalid.field(error.pointer, error.detail) from error


async def commitment_ripple(work: Work, commitment_id: UUID) -> bytes:
    """The analysis of a stored commitment, as it is answered; the stored one, if it is of the history as it is now.

    Raises:
        NotFound: there is none with this id.
    """
    connection = work.connection
    stored = await load(connection, commitments.c.id == commitment_id)
    if not stored.commitments:
        raise NotFound(f"There is no commitment with id {commitment_id}.")
    calendars = (await organisation(connection)).calendars
    history, hash_ = await compute(_hashed, stored, calendars)
    if history.commitment.delivered_at is not None:
        kept = (await connection.execute(keep_queries.STORED, {"commitment_id": commitment_id})).first()
        if kept is not None and (kept.engine_version, kept.graph_hash) == (ENGINE_VERSION, hash_):
            return str(kept.analysis).encode()
    hours = await business_hours(connection, calendars, departments_of(history))
    return await compute(lambda: document(history.commitment, analyse(history.graph(work.now)), hours, work.now))


def _hashed(stored: StoredHistories, calendars: Mapping[str, UUID]) -> tuple[History, bytes]:
    (history,) = stored
    return history, graph_hash(history, calendars)
