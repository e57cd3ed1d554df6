"""Forecasts made in hindsight, from nothing but what was known then. Pure.

Each commitment is forecast at 25, 50 and 75 % of its promised time, if it was open then. Both the commitment and all
that is learned from are cut at an instant no later than that of the forecast: what came afterwards, to this commitment
or any other, cannot change it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from app.ripple.forecasting.experience import ENOUGH, Experience, Record, learn
from app.ripple.forecasting.forecast import Forecast, forecast
from app.ripple.forecasting.scores import Scores, Trial, crps, scores

SHARES: Final = (0.25, 0.5, 0.75)
RETRAINED_SECONDS: Final = 7 * 86_400


class Past(Protocol):
    """A commitment that can be looked at as it was known at any instant."""

    def as_of(self, at: int) -> Record | None:
        """What was known of it then; None: it had not been promised."""


@dataclass(frozen=True, slots=True)
class BackTest:
    """What came of it: the scores at each share of the promised time, and each forecast.

    `too_early` forecasts were not made, for fewer than 30 commitments had been delivered by then.
    """

    commitments: int
    too_early: int
    by_share: tuple[Scores, ...]
    trials: tuple[Trial, ...]


def back_test(
    past: Sequence[Past], until: int, shares: Sequence[float] = SHARES, retrained_seconds: int = RETRAINED_SECONDS
) -> BackTest:
    """Back-tests commitments of which everything is known until an instant; those cancelled by then are left out.

    What is learned from is looked at again whenever so many seconds have passed, as of the last such instant.
    """
    outcomes = [(each, record) for each in past if (record := each.as_of(until)) and record.given_up_at is None]
    trials: list[Trial] = []
    too_early = 0
    for trained_at, due in sorted(_by_training(outcomes, shares, until, retrained_seconds).items()):
        experience = learn((record for each in past if (record := each.as_of(trained_at))), trained_at)
        for at, share, each, outcome in due:
            known = each.as_of(at)
            if known is not None and known.is_open:
                if experience.commitments < ENOUGH:
                    too_early += 1
                else:
                    trials.append(_trial(share, known, at, experience, outcome, until))
    by_share = tuple(scores(share, [trial for trial in trials if trial.share == share]) for share in shares)
    return BackTest(len(outcomes), too_early, by_share, tuple(trials))


_Due = tuple[int, float, Past, Record]


def _by_training(
    outcomes: Sequence[tuple[Past, Record]], shares: Sequence[float], until: int, every: int
) -> dict[int, list[_Due]]:
    """The forecasts to be made, by the instant as of which they are learned for."""
    found: dict[int, list[_Due]] = defaultdict(list)
    for each, outcome in outcomes:
        promised_at, due_at = outcome.commitment.promised_at, outcome.commitment.due_at
        for share in shares:
            at = promised_at + int(share * (due_at - promised_at))
            if at <= until:
                found[at // every * every].append((at, share, each, outcome))
    return found


def _trial(share: float, known: Record, at: int, experience: Experience, outcome: Record, until: int) -> Trial:
    made: Forecast = forecast(known, at, experience)
    delivered_at, due_at = outcome.commitment.delivered_at, outcome.commitment.due_at
    return Trial(
        commitment_id=known.id,
        share=share,
        at=at,
        probability_late=made.probability_late,
        p10=made.quantile(0.1),
        p50=made.quantile(0.5),
        p90=made.quantile(0.9),
        crps_seconds=None if delivered_at is None else crps(made.deliveries, delivered_at),
        delivered_at=delivered_at,
        was_late=delivered_at > due_at if delivered_at is not None else True if due_at <= until else None,
    )
