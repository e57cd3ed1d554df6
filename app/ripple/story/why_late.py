"""Why a commitment was late: the sentences of its attribution. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.ripple.engine.analysis import Analysis, Attribution
from app.ripple.engine.graph import CUSTOMER, REQUESTER, ROOT, THIRD_PARTY, Graph
from app.ripple.engine.sharing import round_half_up
from app.ripple.engine.walk import QUEUE, WORK
from app.ripple.engine.worlds import find_paces, measure_lags, shortest_durations
from app.ripple.story.causes import Cause, Causes
from app.ripple.story.telling import (
    COMMITMENT,
    FEW,
    OTHERS,
    About,
    Names,
    Sentence,
    Telling,
    about_party,
    listed,
    spelled_out,
)

_FEW_TICKETS: Final = 3
_FEW_CAUSES: Final = 2
# A difference of less than this part of a share is not worth a sentence.
_NOTEWORTHY: Final = 20


def by_size(analysis: Analysis) -> list[Attribution]:
    """The shares, the largest first."""
    return sorted(analysis.attribution, key=lambda share: (-share.shapley_seconds, share.party))


class WhyLate:
    """Tells who made a commitment late, and how; nothing of one that is not late."""

    def __init__(self, graph: Graph, analysis: Analysis, names: Names, causes: Causes) -> None:
        self._graph = graph
        self._analysis = analysis
        self._names = names
        self._causes = causes
        self._late = analysis.lateness_seconds
        self._commitment = About(COMMITMENT, id=names.commitment_id)

    def sentences(self) -> Iterator[Sentence]:
        """Plan and shares, which add up to the lateness, and what mending each party alone would have saved."""
        shares, others = spelled_out(by_size(self._analysis), FEW)
        for share in shares:
            yield self._share(share)
            yield from self._alone(share)
        if others:
            telling = Telling(self._names)
            seconds = sum(share.shapley_seconds for share in others)
            text = f"{telling.time('share', seconds)} came from {len(others)} others together."
            yield telling.sentence("share", About(OTHERS), seconds, text)
        yield from self._plan()
        yield from self._impossible()

    def _share(self, share: Attribution) -> Sentence:
        telling = Telling(self._names)
        seconds = share.shapley_seconds
        if seconds == self._late:
            much = f"All {telling.time('share', seconds)} came"
        else:
            much = f"{telling.time('share', seconds)}{self._give_or_take(telling, share)}"
            much += f" of the {telling.time('lateness', self._late)} came"
        causes = self._causes.of(share.party, _FEW_CAUSES)
        because = f": {self._said_of(telling, causes)}" if causes else ""
        text = f"{much} from {self._names.party(share.party)}{because}."
        return telling.sentence("share", about_party(share.party), seconds, text)

    def _give_or_take(self, telling: Telling, share: Attribution) -> str:
        if not share.standard_error_seconds:
            return ""
        return f" (give or take {telling.time('standard_error', share.standard_error_seconds)})"

    def _said_of(self, telling: Telling, causes: Sequence[Cause]) -> str:
        """What was done to whom; all on the path, or all beside it."""
        said: list[str] = []
        before: tuple[str, ...] = ()
        for cause in causes:
            name = cause.cause if cause.on_path else f"meanwhile_{cause.cause}"
            only = cause.ticket_ids[0] if len(cause.ticket_ids) == 1 else None
            telling.mention(*cause.ticket_ids)
            passed = telling.time(name, cause.seconds, only, cause.department)
            if not cause.ticket_ids:
                done = f"for {passed} nobody had been asked" if cause.on_path else f"it took {passed} itself"
            elif only is None:
                done = f"{len(cause.ticket_ids)} tickets {_DID[cause.cause].format(were='were', passed=passed)} in all"
            else:
                did = _DID[cause.cause].format(were="was", passed=passed)
                done = did if cause.ticket_ids == before else f"{telling.ticket(only)} {did}"
            said.append(done)
            before = cause.ticket_ids
        return listed(said) if causes[0].on_path else f"meanwhile {listed(said)}"

    def _alone(self, share: Attribution) -> Iterator[Sentence]:
        """What mending this party alone would have saved, when that differs from its share."""
        telling, part = Telling(self._names), share.shapley_seconds
        least = max(1, 3 * (share.standard_error_seconds or 0), part // _NOTEWORTHY)
        ever = "let nobody wait" if share.party in (CUSTOMER, THIRD_PARTY) else "kept its promises and let nobody wait"
        mended = f"had {self._names.party(share.party)} alone {ever}"
        lost = part - share.but_for_seconds
        if lost > least:
            if lost == part:
                text = f"None of these {telling.time('concurrent', lost)} would have been saved {mended}"
            else:
                stays = f"{telling.time('concurrent', lost)} of these {telling.time('share', part)}"
                text = f"H{mended[1:]}, {stays} would have been lost all the same"
            text += ": something else was late at the same time."
            yield telling.sentence("concurrent", about_party(share.party), lost, text)
        elif -lost > least:
            saved = share.but_for_seconds
            text = f"H{mended[1:]}, {telling.time('but_for', saved)} would have been saved"
            text += ": some of it did harm only on top of other delays."
            yield telling.sentence("together", about_party(share.party), saved, text)

    def _plan(self) -> Iterator[Sentence]:
        plan, unpromised = self._analysis.plan_seconds, self._analysis.unpromised_seconds
        if not plan:
            return
        telling = Telling(self._names)
        if plan == self._late:
            much = f"All {telling.time('plan', plan)}"
        else:
            much = f"{telling.time('plan', plan)} of the {telling.time('lateness', self._late)}"
        tight = "the promise was tighter than the service levels beneath it"
        if not unpromised:
            why = tight
        elif unpromised == plan:
            why = f"no service level had been agreed on {self._unpromised(telling)}"
        else:
            part = f"{telling.time('unpromised', unpromised)} because no service level had been agreed on"
            why = f"{part} {self._unpromised(telling)}, the rest because {tight}"
        yield telling.sentence("plan", self._commitment, plan, f"{much} lay in the plan itself: {why}.")

    def _unpromised(self, telling: Telling) -> str:
        """Tickets without a service level, those that took longest on the customer's path first."""
        tickets = self._causes.unpromised()
        named = [telling.ticket(ticket_id) for ticket_id in tickets[:_FEW_TICKETS]]
        if len(tickets) > len(named):
            named.append(f"{len(tickets) - len(named)} more")
        return listed(named)

    def _impossible(self) -> Iterator[Sentence]:
        if not self._analysis.promise_impossible:
            return
        lags = measure_lags(self._graph)
        shortest = shortest_durations(self._graph, lags, find_paces(self._graph, lags))[ROOT]
        allowed = self._graph.commitment.due_at - self._graph.commitment.promised_at
        beyond = round_half_up(shortest - max(0, allowed))
        if beyond:
            telling = Telling(self._names)
            owner = self._names.party(self._graph.commitment.owner)
            text = (
                f"The promise could not be kept: even had {owner} lost no time of its own, and nobody beneath it been "
                f"slower than promised, it would have been {telling.time('impossible', beyond)} late."
            )
            yield telling.sentence("impossible", self._commitment, beyond, text)


_DID: Final = {
    QUEUE: "waited {passed} unacknowledged",
    WORK: "{were} worked on for {passed}",
    REQUESTER: "{were} kept waiting for {passed}",
    CUSTOMER: "{were} kept waiting for {passed}",
    THIRD_PARTY: "{were} kept waiting for {passed}",
}
