"""Stored histories as forecasting reads them."""

from app.ripple.engine.instants import optional_seconds
from app.ripple.forecasting.experience import Record
from app.ripple.loading import History


def record_of(history: History) -> Record:
    """A commitment and its tickets, as they are stored now; its due time is the one agreed last."""
    stored = history.commitment
    traits = {id_: (str(kind.request_type_id or ""), kind.priority) for id_, kind in history.kinds.items()}
    return Record(
        str(stored.id), history.promise, tuple(history.tickets), traits, optional_seconds(stored.cancelled_at)
    )
