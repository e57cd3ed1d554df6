"""The story of one commitment, in sentences backed by figures. Pure.

Nothing is computed here that the analysis does not say: each sentence reads some of its figures and puts them in words.
A sentence is only told when there is something to tell: no figure in it is zero.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeVar

from app.ripple.analysis import Analysis, Attribution
from app.ripple.causes import Cause, Causes, Delay, delays_of
from app.ripple.elapsed import in_words
from app.ripple.graph import CUSTOMER, REQUESTER, ROOT, THIRD_PARTY, Graph
from app.ripple.sharing import round_half_up
from app.ripple.telling import (
    COMMITMENT,
    DEPARTMENT,
    OTHERS,
    TICKET,
    About,
    Names,
    Sentence,
    Telling,
    about_party,
    listed,
)
from app.ripple.walk import QUEUE, UNTICKETED, WORK, Segment
from app.ripple.worlds import find_paces, measure_lags, shortest_durations

Status = Literal["open", "delivered", "cancelled"]
Item = TypeVar("Item")

# What a reader takes in; the rest is added up in one sentence.
FEW: Final = 5
_FEW_TICKETS: Final = 3
_FEW_CAUSES: Final = 2
# A difference of less than this part of a share is not worth a sentence.
_NOTEWORTHY: Final = 20


@dataclass(frozen=True, slots=True)
class Story:
    """A headline, and the sentences that explain it, the most important ones first."""

    headline: Sentence
    sentences: tuple[Sentence, ...]


def explain(graph: Graph, analysis: Analysis, names: Names, status: Status) -> Story:
    """The story of a commitment from its history and its analysis. No errors of its own."""
    return _Explaining(graph, analysis, names, status).story()


class _Explaining:
    def __init__(self, graph: Graph, analysis: Analysis, names: Names, status: Status) -> None:
        self._graph = graph
        self._analysis = analysis
        self._names = names
        self._status = status
        self._late = analysis.lateness_seconds
        self._shares = sorted(analysis.attribution, key=lambda share: (-share.shapley_seconds, share.party))
        self._causes = Causes(graph, analysis)
        self._commitment = About(COMMITMENT, id=names.commitment_id)

    def story(self) -> Story:
        sentences = (
            *self._waiting_now(),
            *self._who_made_it_late(),
            *self._plan(),
            *self._impossible(),
            *self._inherited(),
            *self._absorbed(),
            *self._kept(),
            *self._elapsed(),
        )
        return Story(self._headline(), sentences)

    def _headline(self) -> Sentence:
        telling = Telling(self._names)
        subject = f"“{self._names.commitment}” for {self._names.customer}"
        end, due = self._graph.ended[ROOT], self._graph.commitment.due_at
        seconds: int | None = None
        if self._late:
            seconds = self._late
            said = self._said_of_late(telling.time("lateness", self._late)) + self._main_cause(telling)
        elif end < due:
            seconds = due - end
            said = self._said_of_early(telling.time("left", seconds))
        else:
            said = {
                "open": "is due now",
                "delivered": "was delivered just when it was due",
                "cancelled": "was cancelled just when it was due",
            }[self._status]
        return telling.sentence("headline", self._commitment, seconds, f"{subject} {said}.")

    def _said_of_late(self, late: str) -> str:
        return {
            "open": f"is not delivered and {late} late as of {_instant(self._graph.ended[ROOT])}",
            "delivered": f"was delivered {late} late",
            "cancelled": f"was cancelled {late} after it was due",
        }[self._status]

    def _said_of_early(self, left: str) -> str:
        return {
            "open": f"is due in {left} as of {_instant(self._graph.ended[ROOT])}",
            "delivered": f"was delivered {left} early",
            "cancelled": f"was cancelled {left} before it was due",
        }[self._status]

    def _main_cause(self, telling: Telling) -> str:
        plan, largest = self._analysis.plan_seconds, self._shares[0] if self._shares else None
        if largest is None or plan > largest.shapley_seconds:
            much = _much(telling, "plan", plan, self._late)
            return f", {much} of it in the plan itself"
        part = largest.shapley_seconds
        much = _much(telling, "share", part, self._late)
        return f", {much} of it because of {self._names.party(largest.party)}"

    def _waiting_now(self) -> Iterator[Sentence]:
        """Whom an open commitment is waiting for at this moment."""
        if self._status != "open" or not self._analysis.segments:
            return
        last = self._analysis.segments[-1]
        telling = Telling(self._names)
        if last.ticket_id is None:
            text = f"For the last {telling.time(UNTICKETED, last.seconds)} nobody has been asked."
            yield telling.sentence("waiting_now", About(DEPARTMENT, key=last.department), last.seconds, text)
        elif self._causes.is_open(last.ticket_id):
            party = _party_of(last)
            passed = telling.time(last.cause, last.seconds, last.ticket_id, last.department)
            doing = _DOING[last.cause].format(ticket=telling.ticket(last.ticket_id))
            text = f"For the last {passed} it has been waiting for {self._names.party(party)}, {doing}."
            yield telling.sentence("waiting_now", about_party(party), last.seconds, text)

    def _who_made_it_late(self) -> Iterator[Sentence]:
        shares, others = _spelled_out(self._shares, FEW)
        for share in shares:
            yield self._share(share)
            yield from self._alone(share)
        if others:
            telling = Telling(self._names)
            seconds = sum(share.shapley_seconds for share in others)
            text = f"{telling.time('share', seconds)} came from {len(others)} others together."
            yield telling.sentence("share", About(OTHERS), seconds, text)

    def _share(self, share: Attribution) -> Sentence:
        telling = Telling(self._names)
        seconds = share.shapley_seconds
        if seconds == self._late:
            much = f"All {telling.time('share', seconds)} came"
        else:
            much = f"{telling.time('share', seconds)}{self._give_or_take(telling, share)}"
            much += f" of the {telling.time('lateness', self._late)} came"
        causes = self._causes.of(share.party)[:_FEW_CAUSES]
        because = f": {self._said_of(telling, causes)}" if causes else ""
        text = f"{much} from {self._names.party(share.party)}{because}."
        return telling.sentence("share", about_party(share.party), seconds, text)

    def _give_or_take(self, telling: Telling, share: Attribution) -> str:
        if not share.standard_error_seconds:
            return ""
        return f" (give or take {telling.time('standard_error', share.standard_error_seconds)})"

    def _said_of(self, telling: Telling, causes: Sequence[Cause]) -> str:
        """What was done to whom; all on the path, or all beside it."""
        said, before = [], None
        for number, cause in enumerate(causes):
            name = cause.cause if cause.on_path else f"meanwhile_{cause.cause}"
            passed = telling.time(name, cause.seconds, cause.ticket_id, cause.department)
            if cause.ticket_id is None:
                done = f"for {passed} nobody had been asked" if cause.on_path else f"it took {passed} itself"
            else:
                done = _DID[cause.cause].format(passed=passed)
                done = done if number and cause.ticket_id == before else f"{telling.ticket(cause.ticket_id)} {done}"
            said.append(done)
            before = cause.ticket_id
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
            text += ": some of it did harm only together with something else."
            yield telling.sentence("together", about_party(share.party), saved, text)

    def _plan(self) -> Iterator[Sentence]:
        plan, unpromised = self._analysis.plan_seconds, self._analysis.unpromised_seconds
        if not plan:
            return
        telling = Telling(self._names)
        much = f"All {telling.time('plan', plan)} lay"
        if plan < self._late:
            much = f"{much.removeprefix('All ').removesuffix(' lay')} of the {telling.time('lateness', self._late)} lay"
        tight = "the promise was tighter than the service levels beneath it"
        if not unpromised:
            why = tight
        elif unpromised == plan:
            why = f"no service level had been agreed on {self._unpromised(telling)}"
        else:
            part = f"{telling.time('unpromised', unpromised)} because no service level had been agreed on"
            why = f"{part} {self._unpromised(telling)}, the rest because {tight}"
        yield telling.sentence("plan", self._commitment, plan, f"{much} in the plan itself: {why}.")

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

    def _inherited(self) -> Iterator[Sentence]:
        """Tickets that overran through no doing of those who held them."""
        found = [
            (ticket.overrun, ticket)
            for ticket in self._analysis.tickets
            if ticket.overrun is not None and ticket.overrun.reactionary_seconds
        ]
        found.sort(key=lambda each: (-each[0].reactionary_seconds, each[1].ticket_id))
        spelled_out, others = _spelled_out(found, _FEW_TICKETS)
        for overrun, ticket in spelled_out:
            telling = Telling(self._names)
            inherited = overrun.reactionary_seconds
            whose = f"{telling.ticket(ticket.ticket_id)} of {self._names.party(ticket.provider)}"
            text = f"{whose} overran by {telling.time('overrun', overrun.overrun_seconds, ticket.ticket_id)}, "
            much = _much(telling, "reactionary", inherited, overrun.overrun_seconds)
            text += f"{much} of it {self._from_whom(telling, ticket.last_driver_id)}"
            text += ", and its promise could not be kept." if overrun.promise_impossible else "."
            yield telling.sentence("inherited", About(TICKET, id=ticket.ticket_id), inherited, text)
        if others:
            telling = Telling(self._names)
            telling.mention(*(ticket.ticket_id for _, ticket in others))
            seconds = sum(overrun.reactionary_seconds for overrun, _ in others)
            text = f"{len(others)} more tickets inherited {telling.time('reactionary', seconds)} of overrun together."
            yield telling.sentence("inherited", About(OTHERS), seconds, text)

    def _from_whom(self, telling: Telling, driver_id: str | None) -> str:
        if driver_id is None:
            return "not of its own making"
        whose = self._names.party(self._causes.provider(driver_id))
        return f"inherited from what it waited for, last {telling.ticket(driver_id)} of {whose}"

    def _absorbed(self) -> Iterator[Sentence]:
        """What departments overran, or let others wait, that the customer did not feel."""
        outward = {share.party: share.shapley_seconds for share in self._shares}
        delays = delays_of(self._analysis, self._graph.commitment.owner)
        unfelt = [(each.seconds - outward.get(each.department, 0), each) for each in delays]
        found = sorted((each for each in unfelt if each[0] > 0), key=lambda each: (-each[0], each[1].department))
        spelled_out, others = _spelled_out(found, FEW)
        for absorbed, delay in spelled_out:
            yield self._absorbed_by(delay, absorbed)
        if others:
            telling = Telling(self._names)
            telling.mention(*(ticket_id for _, delay in others for ticket_id in delay.ticket_ids))
            seconds = sum(absorbed for absorbed, _ in others)
            text = f"{len(others)} others absorbed {telling.time('absorbed', seconds)} together."
            yield telling.sentence("absorbed", About(OTHERS), seconds, text)

    def _absorbed_by(self, delay: Delay, absorbed: int) -> Sentence:
        telling = Telling(self._names)
        done = []
        if delay.primary_seconds:
            done.append(f"overran by {telling.time('primary', delay.primary_seconds, None, delay.department)}")
        if delay.kept_waiting_seconds:
            waited = telling.time("kept_waiting", delay.kept_waiting_seconds, None, delay.department)
            done.append(f"kept others waiting for {waited}")
        if absorbed < delay.seconds:
            which = f"{telling.time('absorbed', absorbed, None, delay.department)} of which did not reach the customer"
        else:
            which = "which the customer did not feel" if len(done) == 1 else "neither of which the customer felt"
        telling.mention(*delay.ticket_ids)
        text = f"{self._names.party(delay.department)} {listed(done)}, {which}."
        return telling.sentence("absorbed", About(DEPARTMENT, key=delay.department), absorbed, text)

    def _kept(self) -> Iterator[Sentence]:
        overruns = self._analysis.overruns
        if not overruns or any(overrun.overrun_seconds for overrun in overruns):
            return
        telling = Telling(self._names)
        telling.mention(*(overrun.ticket_id for overrun in overruns if overrun.ticket_id is not None))
        text = "The one service level beneath it was not overrun."
        if len(overruns) > 1:
            text = f"None of the {len(overruns)} service levels beneath it was overrun."
        yield telling.sentence("kept", self._commitment, None, text)

    def _elapsed(self) -> Iterator[Sentence]:
        """Whom the customer was waiting for, all of the time."""
        elapsed = self._analysis.elapsed_seconds
        if not elapsed:
            return
        telling = Telling(self._names)
        if not self._graph.tickets:
            owner = self._graph.commitment.owner
            passed = telling.time("elapsed", elapsed, None, owner)
            text = f"Nobody was asked for anything: all {passed} were {self._names.party(owner)}’s own."
            yield telling.sentence("elapsed", self._commitment, elapsed, text)
            return
        spent: Counter[tuple[str, str | None]] = Counter()
        for part in self._analysis.decomposition:
            spent[_whither(part.department, part.cause)] += part.seconds
        largest = sorted(spent.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
        spelled_out, others = _spelled_out(largest, FEW)
        text = f"{_BETWEEN[self._status]} {telling.time('elapsed', elapsed)} went by"
        if len(largest) == 1:
            text += f", all of it {self._spent(*largest[0][0])}."
        else:
            said = [
                f"{telling.time(how, seconds, None, department)} {self._spent(how, department)}"
                for (how, department), seconds in spelled_out
            ]
            if others:
                rest = telling.time("elsewhere", sum(seconds for _, seconds in others))
                said.append(f"{rest} with {len(others)} others")
            text += f": {listed(said)}."
        yield telling.sentence("elapsed", self._commitment, elapsed, text)

    def _spent(self, how: str, department: str | None) -> str:
        return _SPENT[how].format(department=self._names.party(department or ""))


_BETWEEN: Final = {
    "open": "Since the promise",
    "delivered": "From promise to delivery",
    "cancelled": "From promise to cancellation",
}
_DOING: Final = {
    QUEUE: "where {ticket} has not been acknowledged",
    WORK: "which works on {ticket}",
    REQUESTER: "which keeps {ticket} waiting",
    CUSTOMER: "who keeps {ticket} waiting",
    THIRD_PARTY: "who keeps {ticket} waiting",
}
_DID: Final = {
    QUEUE: "waited {passed} unacknowledged",
    WORK: "was worked on for {passed}",
    REQUESTER: "was kept waiting for {passed}",
    CUSTOMER: "was kept waiting for {passed}",
    THIRD_PARTY: "was kept waiting for {passed}",
}
_SPENT: Final = {
    DEPARTMENT: "with {department}",
    UNTICKETED: "with nobody asked",
    CUSTOMER: "waiting for the customer",
    THIRD_PARTY: "waiting for a third party",
}


def _spelled_out(found: Sequence[Item], few: int) -> tuple[Sequence[Item], Sequence[Item]]:
    """The first few, and the rest, which is added up: never a single one."""
    number = len(found) if len(found) <= few + 1 else few
    return found[:number], found[number:]


def _much(telling: Telling, name: str, part: int, whole: int) -> str:
    """How much of a whole: all, or the time."""
    if part == whole:
        return "all"
    return "nearly all" if in_words(part) == in_words(whole) else telling.time(name, part)


def _whither(department: str | None, cause: str) -> tuple[str, str | None]:
    """How a part of the decomposition is told, and whether by its department."""
    if cause in (CUSTOMER, THIRD_PARTY, UNTICKETED):
        return cause, None
    return DEPARTMENT, department


def _party_of(segment: Segment) -> str:
    return segment.cause if segment.department is None or segment.cause == THIRD_PARTY else segment.department


def _instant(seconds: int) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
