"""The forecast of a commitment: its use case, and how any forecast is told."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.commitments.tables import commitments
from app.kernel.problems import NotFound, NotPossibleNow
from app.kernel.work import Work
from app.ripple.computing import compute
from app.ripple.engine.instants import instant, seconds
from app.ripple.engine.totals import Amount
from app.ripple.forecasting import forecast_queries as queries
from app.ripple.forecasting.experience import ENOUGH, Experience
from app.ripple.forecasting.exposure import value_at_risk
from app.ripple.forecasting.forecast import Forecast, forecast
from app.ripple.forecasting.forecast_schemas import CommitmentForecast, LastTicket, LearnedFrom
from app.ripple.forecasting.lessons import Learned, Lessons
from app.ripple.forecasting.records import record_of
from app.ripple.loading import History, StoredCommitment, StoredHistories, load


async def commitment_forecast(work: Work, lessons: Lessons, commitment_id: UUID) -> CommitmentForecast:
    """The forecast of an open commitment as of now.

    Raises:
        NotFound: there is none with this id.
        NotPossibleNow: it is delivered or cancelled.
    """
    stored = await load(work.connection, commitments.c.id == commitment_id)
    if not stored.commitments:
        raise NotFound(f"There is no commitment with id {commitment_id}.")
    (commitment,) = stored.commitments
    if commitment.status != "open":
        raise NotPossibleNow.instead(f"The commitment is {commitment.status}: there is nothing to forecast.", ())
    learned = await lessons.by(work.now, work.connection)
    made = await compute(_made, stored, work.now, learned.experience)
    tickets = await tickets_told(work.connection, [made])
    since = (await work.connection.execute(queries.AT_RISK_SINCE, {"commitment_id": commitment_id})).scalar()
    return told(commitment, made, tickets, learned, since)


def _made(stored: StoredHistories, now: datetime, experience: Experience) -> Forecast:
    (history,) = stored
    return made_of(history, now, experience)


def made_of(history: History, now: datetime, experience: Experience) -> Forecast:
    """The forecast of a stored history.

    Raises:
        InvalidGraph: its tickets describe no possible history.
    """
    return forecast(record_of(history), seconds(history.commitment.as_of(now)), experience)


async def tickets_told(connection: AsyncConnection, made: Iterable[Forecast]) -> Mapping[str, Any]:
    """The tickets that these forecasts name, by their ids: one statement."""
    ids = [UUID(each.last_ticket) for each in made if each.last_ticket is not None]
    rows = await connection.execute(queries.TICKETS, {"ids": ids})
    return {str(row["id"]): row for row in rows.mappings()}


def told(
    commitment: StoredCommitment,
    made: Forecast,
    tickets: Mapping[str, Any],
    learned: Learned,
    at_risk_since: datetime | None,
) -> CommitmentForecast:
    """A forecast as it is answered."""
    whose, amount = worth(commitment)
    return CommitmentForecast(
        commitment_id=commitment.id,
        customer_id=commitment.customer_id,
        as_of=instant(made.at),
        due_at=commitment.agreed_due_at,
        p50=instant(made.quantile(0.5)),
        p80=instant(made.quantile(0.8)),
        p95=instant(made.quantile(0.95)),
        probability_late=made.probability_late,
        at_risk_since=at_risk_since,
        last_ticket=_last_ticket(made, tickets),
        value=None if amount is None else amount.value,
        value_at_risk=None if amount is None else value_at_risk(amount.value, made.probability_late),
        currency=None if amount is None else amount.currency,
        value_of=whose,
        learned_from=LearnedFrom(
            learned.as_of,
            learned.experience.commitments,
            learned.experience.tickets,
            learned.experience.commitments >= ENOUGH,
        ),
    )


def worth(commitment: StoredCommitment) -> tuple[Literal["commitment", "customer"] | None, Amount | None]:
    """What a commitment is worth, and whose value that is."""
    if commitment.own_value is not None:
        return "commitment", commitment.own_value
    return ("customer" if commitment.customer_value is not None else None), commitment.customer_value


def _last_ticket(made: Forecast, tickets: Mapping[str, Any]) -> LastTicket | None:
    if made.last_ticket is None or made.last_share is None:
        return None
    return LastTicket(**tickets[made.last_ticket], share=made.last_share)
