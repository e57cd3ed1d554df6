"""The figures of the report on feedback, from its rows."""

from typing import Final

from app.kernel.database import Row
from app.metrics import feedback_queries
from app.metrics.feedback_schemas import FeedbackFigures
from app.metrics.grouping import Subject
from app.metrics.low_marks import felt_together
from app.metrics.mean_interval import mean_interval
from app.service_levels.intervals import wilson

FEEDBACK: Final = Subject(feedback_queries.FEEDBACK, "t.at")

_SCORES: Final = (1.0, 5.0)


def feedback_figures(row: Row) -> FeedbackFigures:
    """Those of a group, or of the totals."""
    responses, resolved = row["responses"], row["resolved"]
    mean_low, mean_high = mean_interval(responses, row["mean_score"], row["spread"], _SCORES) or (None, None)
    csat_low, csat_high = wilson(row["satisfied"], responses) or (None, None)
    seconds, value = felt_together(row["felt"])
    return FeedbackFigures(
        responses=responses,
        mean_score=row["mean_score"],
        mean_score_low=mean_low,
        mean_score_high=mean_high,
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
