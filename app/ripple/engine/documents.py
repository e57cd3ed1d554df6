"""The JSON shape of an analysis, as ``POST /v1/ripple/analyse`` answers it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from app.ripple.engine.analysis import Analysis, Attribution

PACE_DECIMALS: Final = 6
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
