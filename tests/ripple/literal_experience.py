"""What experience answers, as it is defined: every stretch looked at, and an estimate made anew for each question."""

from collections.abc import Callable

from app.ripple.forecasting.alike import Stretch
from app.ripple.forecasting.experience import COMMITMENT, ENOUGH, FREED, HELD, NEAREST, NEVER, OPENED, Experience, Kind
from app.ripple.forecasting.survival import Outcomes, at_its_word, kaplan_meier


class LiteralExperience(Experience):
    """Looks at what another one has learned."""

    def __init__(self, learned: Experience) -> None:
        super().__init__()
        self._seen = {key: list(stretches._all) for key, stretches in learned._stretches.items()}

    def as_free(self, phase: str, kind: Kind, since: int, now: int, otherwise: int) -> Outcomes:
        if kind[0] != COMMITMENT:
            age = now - since
            lasting = self._of_the_finest(
                (phase, *kind),
                age,
                otherwise - since,
                lambda one: (one.end - one.start, one.has_ended) if one.undisturbed - one.start > age else None,
            )
            return Outcomes(tuple(since + seconds for seconds in lasting.seconds), lasting.cumulative)
        return self._of_the_finest(
            (phase, *kind),
            now,
            otherwise,
            lambda one: (one.end, one.has_ended) if one.start <= now < one.undisturbed else None,
            [(one.end, one.has_ended) for one in self._seen.get((OPENED, COMMITMENT), ()) if one.end > now],
        )

    def lags(self, kind: Kind, freed: int, otherwise: int) -> Outcomes:
        near = range(-(10**18), 10**18)
        if kind[0] == COMMITMENT:
            starts = sorted(one.start for one in self._seen.get((FREED, COMMITMENT), ()))
            at = sum(start < freed for start in starts)
            nearest = starts[max(at - NEAREST // 2, 0) : at + NEAREST // 2] or [0]
            near = range(nearest[0], nearest[-1] + 1)
        return self._of_the_finest(
            (FREED, *kind),
            -1,
            otherwise - freed,
            lambda one: (one.end - one.start, one.has_ended) if one.start in near else None,
        )

    def ends_held(self, kind: Kind, now: int) -> Outcomes | None:
        for level in range(len(kind), 0, -1):
            held = self._seen.get((HELD, *kind[:level]), ())
            alike = [(one.end, one.has_ended) for one in held if one.start <= now < one.end]
            if len(alike) >= ENOUGH:
                break
        return kaplan_meier(alike).outcomes(now, NEVER) if any(has_ended for _, has_ended in alike) else None

    def _of_the_finest(
        self,
        key: Kind,
        age: int,
        until: int,
        look: Callable[[Stretch], tuple[int, bool] | None],
        failing_that: list[tuple[int, bool]] | None = None,
    ) -> Outcomes:
        for level in range(len(key), 1, -1):
            alike = [seen for one in self._seen.get(key[:level], ()) if (seen := look(one)) is not None]
            if sum(has_ended for _, has_ended in alike) >= ENOUGH:
                return kaplan_meier(alike).outcomes(age)
        alike = alike if failing_that is None else failing_that
        ended = any(has_ended for _, has_ended in alike)
        if not ended and (len(alike) < ENOUGH or max(lasted for lasted, _ in alike) < until):
            return at_its_word(max(age, 0), until)
        return kaplan_meier(alike).outcomes(age)
