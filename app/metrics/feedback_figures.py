"""The figures of the report on feedback, from its rows."""

from dataclasses import dataclass
from typing import Final

from app.kernel.database import Row
from app.metrics import feedback_queries
from app.metrics.feedback_schemas import FeedbackFigures
from app.metrics.grouping import Subject
from app.metrics.low_marks import felt_together
from app.metrics.mean_interval import mean_interval
from app.service_levels.intervals import wilson

FEEDBACK: Final = Subject(feedback_queries.FEEDBACK, "t.at")
RESPONSES: Final = Subject(feedback_queries.RESPONSES, "t.at")

_SCORES: Final = (1.0, 5.0)


@dataclass(frozen=True, slots=True)
class Heard:
    """What requesters said: how many, their mean score with its interval, and how many were content, or were not."""

    responses: int
    mean_score: float | None
    mean_score_low: float | None
    mean_score_high: float | None
    satisfied: int
    low_marks: int
    low_marks_felt: int


def heard(row: Row) -> Heard:
    """What was said in a group."""
    responses, mean = row["responses"], row["mean_score"]
    low, high = mean_interval(responses, mean, row["spread"], _SCORES) or (None, None)
    return Heard(responses, mean, low, high, row["satisfied"], row["low_marks"], row["low_marks_felt"])


def feedback_figures(row: Row) -> FeedbackFigures:
    """Those of a group, or of the totals."""
    responses, resolved = row["responses"], row["resolved"]
    said = heard(row)
    csat_low, csat_high = wilson(row["satisfied"], responses) or (None, None)
    seconds, value = felt_together(row["felt"])
    return FeedbackFigures(
        responses=responses,
        mean_score=said.mean_score,
        mean_score_low=said.mean_score_low,
        mean_score_high=said.mean_score_high,
        csat=row["satisfied"] / responses if responses else None,
        csat_low=csat_low,
        csat_high=csat_high,
        share_negative=row["low_marks"] / responses if responses else None,
        resolved=resolved,
        answered=row["answered"],
        response_rate=row["answered"] / resolved if resolved else None,
        low_marks=row["low_marks"],
        low_marks_felt=row["low_marks_felt"],
        felt_outward_seconds=seconds,
        felt_value=value,
    )
