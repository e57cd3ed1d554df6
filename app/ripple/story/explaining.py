"""The story of one commitment, in sentences backed by figures. Pure.

Nothing is computed here that the analysis does not say: each sentence reads some of its figures and puts them in words.
A sentence is only told when there is something to tell: no figure in it is zero.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from app.ripple.engine.analysis import Analysis
from app.ripple.engine.graph import CUSTOMER, REQUESTER, ROOT, THIRD_PARTY, Graph
from app.ripple.engine.walk import QUEUE, UNTICKETED, WORK, Segment
from app.ripple.story.causes import Causes, Delay, delays_of
from app.ripple.story.telling import (
    COMMITMENT,
    DEPARTMENT,
    FEW,
    OTHERS,
    TICKET,
    About,
    Names,
    Sentence,
    Telling,
    about_party,
    listed,
    much,
    spelled_out,
)
from app.ripple.story.why_late import WhyLate, by_size

Status = Literal["open", "delivered", "cancelled"]

_FEW_TICKETS: Final = 3
_FEW_PARTIES: Final = 3


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
        self._shares = by_size(analysis)
        self._causes = Causes(graph, analysis)
        self._why_late = WhyLate(graph, analysis, names, self._causes)
        self._commitment = About(COMMITMENT, id=names.commitment_id)

    def story(self) -> Story:
        sentences = (
            *self._waiting_now(),
            *self._why_late.sentences(),
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
            return f", {much(telling, 'plan', plan, self._late)} of it in the plan itself"
        equal = [share.party for share in self._shares if share.shapley_seconds == largest.shapley_seconds]
        if 1 < len(equal) <= _FEW_PARTIES:
            parties = listed([self._names.party(party) for party in equal])
            return f", {telling.time('share', largest.shapley_seconds)} of it each because of {parties}"
        part = much(telling, "share", largest.shapley_seconds, self._late)
        return f", {part} of it because of {self._names.party(largest.party)}"

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

    def _inherited(self) -> Iterator[Sentence]:
        """Tickets that overran through no doing of those who held them."""
        found = [
            (ticket.overrun, ticket)
            for ticket in self._analysis.tickets
            if ticket.overrun is not None and ticket.overrun.reactionary_seconds
        ]
        found.sort(key=lambda each: (-each[0].reactionary_seconds, each[1].ticket_id))
        told, others = spelled_out(found, _FEW_TICKETS)
        for overrun, ticket in told:
            telling = Telling(self._names)
            inherited = overrun.reactionary_seconds
            whose = f"{telling.ticket(ticket.ticket_id)} of {self._names.party(ticket.provider)}"
            text = f"{whose} overran by {telling.time('overrun', overrun.overrun_seconds, ticket.ticket_id)}, "
            part = much(telling, "reactionary", inherited, overrun.overrun_seconds)
            text += f"{part} of it {self._from_whom(telling, ticket.last_driver_id)}"
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
        told, others = spelled_out(found, FEW)
        for absorbed, delay in told:
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
        still = self._status == "open"
        if absorbed < delay.seconds:
            which = f"{much(telling, 'absorbed', absorbed, delay.seconds)} of which was absorbed"
        elif len(done) == 1:
            which = f"which the customer {'has not felt' if still else 'did not feel'}"
        else:
            which = f"neither of which the customer {'has felt' if still else 'felt'}"
        so_far = " so far" if still else ""
        telling.mention(*delay.ticket_ids)
        text = f"{self._names.party(delay.department)} {listed(done)}, {which}{so_far}."
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
        telling = Telling(self._names)
        if not elapsed:
            yield telling.sentence("elapsed", self._commitment, None, "No time has gone by since the promise.")
            return
        if not self._graph.tickets:
            owner = self._graph.commitment.owner
            passed = telling.time("elapsed", elapsed, None, owner)
            text = f"Nobody was asked for anything: all {passed} passed with {self._names.party(owner)} itself."
            yield telling.sentence("elapsed", self._commitment, elapsed, text)
            return
        spent: Counter[tuple[str, str | None]] = Counter()
        for part in self._analysis.decomposition:
            spent[_whither(part.department, part.cause)] += part.seconds
        largest = sorted(spent.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
        told, others = spelled_out(largest, FEW)
        text = f"{_BETWEEN[self._status]} {telling.time('elapsed', elapsed)} went by"
        if len(largest) == 1:
            text += f", all of it {self._spent(*largest[0][0])}."
        else:
            said = [
                f"{telling.time(how, seconds, None, department)} {self._spent(how, department)}"
                for (how, department), seconds in told
            ]
            if others:
                rest = telling.time("elsewhere", sum(seconds for _, seconds in others))
                said.append(f"{rest} elsewhere")
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
_SPENT: Final = {
    DEPARTMENT: "with {department}",
    UNTICKETED: "with nobody asked",
    CUSTOMER: "waiting for the customer",
    THIRD_PARTY: "waiting for a third party",
}


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
