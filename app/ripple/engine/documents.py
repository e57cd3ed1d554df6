"""The JSON shape of a graph and of its analysis, as ``POST /v1/ripple/analyse`` takes and answers them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from app.ripple.engine.analysis import Analysis, Attribution
from app.ripple.engine.graph import Commitment, Graph, InvalidGraph, Leg, Ticket, Wait, build_graph

PACE_DECIMALS: Final = 6
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Value = TypeVar("Value")


def from_document(document: Mapping[str, Any]) -> Graph:
    """The graph described by parsed JSON: instants are RFC 3339 strings with an offset, cut to whole seconds.

    Raises ``InvalidGraph`` for what is missing or no such value, and whatever ``build_graph`` refuses. Unknown
    fields are not looked at.
    """
    commitment = _read(document, "commitment", "", _mapping)
    at = "/commitment"
    tickets = _read(document, "tickets", "", _list)
    return build_graph(
        Commitment(
            owner=_read(commitment, "owner", at, _text),
            promised_at=_read(commitment, "promised_at", at, _instant),
            due_at=_read(commitment, "due_at", at, _instant),
            delivered_at=_read_optional(commitment, "delivered_at", at, _instant),
        ),
        [_ticket(ticket, f"/tickets/{position}") for position, ticket in enumerate(tickets)],
        now=_read_optional(document, "now", "", _instant),
    )


def _ticket(given: object, at: str) -> Ticket:
    ticket = _mapping(given, at)
    return Ticket(
        id=_read(ticket, "id", at, _text),
        requester=_read(ticket, "requester", at, _text),
        provider=_read(ticket, "provider", at, _text),
        opened_at=_read(ticket, "opened_at", at, _instant),
        resolved_at=_read_optional(ticket, "resolved_at", at, _instant),
        blocks=tuple(_read_each(ticket, "blocks", at, _text)),
        acknowledged_at=_read_optional(ticket, "acknowledged_at", at, _instant),
        due_at=_read_optional(ticket, "due_at", at, _instant),
        legs=tuple(_read_each(ticket, "legs", at, _leg)),
        waits=tuple(_read_each(ticket, "waits", at, _wait)),
    )


def _leg(given: object, at: str) -> Leg:
    leg = _mapping(given, at)
    return Leg(
        department=_read(leg, "department", at, _text),
        started_at=_read(leg, "started_at", at, _instant),
        acknowledged_at=_read_optional(leg, "acknowledged_at", at, _instant),
    )


def _wait(given: object, at: str) -> Wait:
    wait = _mapping(given, at)
    return Wait(
        on=_read(wait, "on", at, _text),
        started_at=_read(wait, "from", at, _instant),
        ended_at=_read_optional(wait, "to", at, _instant),
    )


def _read(holder: Mapping[str, Any], field: str, at: str, read: Callable[[object, str], Value]) -> Value:
    if holder.get(field) is None:
        raise InvalidGraph(f"{at}/{field}", "This is required.")
    return read(holder[field], f"{at}/{field}")


def _read_optional(
    holder: Mapping[str, Any], field: str, at: str, read: Callable[[object, str], Value]
) -> Value | None:
    return None if holder.get(field) is None else read(holder[field], f"{at}/{field}")


def _read_each(holder: Mapping[str, Any], field: str, at: str, read: Callable[[object, str], Value]) -> list[Value]:
    items = _read_optional(holder, field, at, _list) or ()
    return [read(item, f"{at}/{field}/{position}") for position, item in enumerate(items)]


def _mapping(given: object, at: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InvalidGraph(at, "This must be an object.")
    return given


def _list(given: object, at: str) -> Sequence[Any]:
    if not isinstance(given, list | tuple):
        raise InvalidGraph(at, "This must be a list.")
    return given


def _text(given: object, at: str) -> str:
    if not isinstance(given, str):
        raise InvalidGraph(at, "This must be a string.")
    return given


def _instant(given: object, at: str) -> int:
    try:
        instant = datetime.fromisoformat(_text(given, at))
    except ValueError as error:
        raise InvalidGraph(at, "This must be an RFC 3339 instant.") from error
    if instant.tzinfo is None:
        raise InvalidGraph(at, "An instant must say its offset from UTC.")
    return int((instant - EPOCH) // timedelta(seconds=1))


def to_document(analysis: Analysis) -> dict[str, Any]:
    """The analysis as JSON values: instants as RFC 3339 strings in UTC, paces to six decimals."""
    return {
        "elapsed_seconds": analysis.elapsed_seconds,
        "lateness_seconds": analysis.lateness_seconds,
        "plan_seconds": analysis.plan_seconds,
        "unpromised_seconds": analysis.unpromised_seconds,
        "promise_impossible": analysis.promise_impossible,
        "segments": [
            {
                "from": _written(segment.started_at),
                "to": _written(segment.ended_at),
                "ticket_id": segment.ticket_id,
                "department": segment.department,
                "cause": segment.cause,
            }
            for segment in analysis.segments
        ],
        "decomposition": [
            {"department": part.department, "cause": part.cause, "seconds": part.seconds}
            for part in analysis.decomposition
        ],
        "attribution": [_attribution(attribution) for attribution in analysis.attribution],
        "overruns": [
            {
                "ticket_id": overrun.ticket_id,
                "overrun_seconds": overrun.overrun_seconds,
                "primary_seconds": overrun.primary_seconds,
                "reactionary_seconds": overrun.reactionary_seconds,
                "pace": round(overrun.pace, PACE_DECIMALS),
                "promise_impossible": overrun.promise_impossible,
            }
            for overrun in analysis.overruns
        ],
    }


def _attribution(attribution: Attribution) -> dict[str, Any]:
    written: dict[str, Any] = {
        "party": attribution.party,
        "but_for_seconds": attribution.but_for_seconds,
        "shapley_seconds": attribution.shapley_seconds,
    }
    if attribution.standard_error_seconds is not None:
        written["standard_error_seconds"] = attribution.standard_error_seconds
    return written


def _written(instant: int) -> str:
    return (EPOCH + timedelta(seconds=instant)).replace(tzinfo=None).isoformat() + "Z"
