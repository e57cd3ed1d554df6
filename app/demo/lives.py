"""The life of a demo ticket, told from its opening to its end: who had it, who was waited for, what was said. Pure.

Every step goes through the lifecycle, so a life that could not be is refused while it is told.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.demo import sayings, weather
from app.demo.catalogue import BY_KEY, HASTE
from app.demo.organisation import ROUND_THE_CLOCK
from app.demo.plans import Ask
from app.demo.records import Deed, Feedback, Ticket
from app.demo.scene import Scene
from app.demo.weather import varied
from app.tickets.life.lifecycle import Action, Life, Party, Priority, Verb, apply, open_ticket, replay
from app.tickets.life.verbs import UNRESOLVED

_GRANTED = {"credit-note-approval": 0.99, "credit-check": 0.93, "goodwill-approval": 0.98}
_REOPENED = {"BILLING": 0.12, "SERVICE": 0.06, "IT": 0.05}


def tell(scene: Scene, ask: Ask, ref: str, requester: str, at: datetime, blocks: tuple[str, ...]) -> datetime:
    """Tells of a request and of all that was asked in order to serve it; when it was settled."""
    telling = _Telling(scene, ask, ref, requester, at, blocks)
    telling.arrive()
    may_be_declined = ask.needed and not ask.stages and not ask.waits_for
    if may_be_declined and scene.rng.random() < 0.012:
        telling.decline()
        again = scene.staff.after(requester, telling.at, varied(3.0, 0.5, scene.rng))
        return tell(scene, replace(ask, chance=1.0), scene.new_ref(), requester, again, blocks)
    telling.take_up()
    telling.work()
    end = telling.settle()
    scene.tickets.append(telling.ticket())
    return end


def cut(ticket: Ticket, until: datetime) -> Ticket:
    """The ticket with nothing that happened after an instant; it was opened by then."""
    if ticket.life.last_at <= until and (ticket.feedback is None or ticket.feedback.at <= until):
        return ticket
    deeds = tuple(deed for deed in ticket.deeds if deed.action.at <= until)
    life = replay(ticket.opening, (deed.action for deed in deeds))
    feedback = ticket.feedback if ticket.feedback is not None and ticket.feedback.at <= until else None
    return replace(ticket, deeds=deeds, life=life, feedback=feedback)


def cancelled(ticket: Ticket, at: datetime, by: str, reason: str) -> Ticket:
    """The ticket as it ends when it is no longer wanted; what was settled stays so."""
    if ticket.life.status not in UNRESOLVED:
        return ticket
    deed = Deed(Action(Verb.CANCEL, at), by, {"reason": reason})
    return replace(ticket, deeds=(*ticket.deeds, deed), life=apply(ticket.life, deed.action))


class _Telling:
    """One ticket's life so far; `at` is where the telling stands."""

    def __init__(self, scene: Scene, ask: Ask, ref: str, requester: str, at: datetime, blocks: tuple[str, ...]) -> None:
        self.scene, self.rng, self.ask, self.ref = scene, scene.rng, ask, ref
        self.requester, self.blocks, self.at = requester, blocks, at
        self.asker = scene.somebody(requester)
        self.asked = BY_KEY[ask.provider, ask.request_type]
        self.load = weather.load(self.asked, scene.days_ago(at))
        self.haste = HASTE.get(scene.priority, 1.0)
        first = weather.first_asked(requester, ask.provider, self.rng)
        self.opening: Life[str] = open_ticket(first, at, Priority(scene.priority))
        self.life = self.opening
        self.deeds: list[Deed] = []
        self.holder = scene.somebody(first)
        self.feedback: Feedback | None = None

    def ticket(self) -> Ticket:
        scene, asked = self.scene, self.asked
        misrouted = self.opening.department_id != self.ask.provider
        return Ticket(
            ref=self.ref,
            title=f"{asked.name}: {scene.customer.name}",
            description=f"Needed for {scene.commitment or scene.customer.name}." if self.rng.random() < 0.3 else None,
            requester=self.requester,
            requester_member=self.asker,
            request_type=None if misrouted else asked.key,
            customer=scene.customer.ref,
            commitment=scene.commitment,
            blocks=self.blocks,
            opening=self.opening,
            deeds=tuple(self.deeds),
            life=self.life,
            feedback=self.feedback,
        )

    def do(self, verb: Verb, by: str, told: Mapping[str, Any] | None = None, **needed: Any) -> None:
        action: Action[str] = Action(verb, self.at, **needed)
        self.life = apply(self.life, action)
        self.deeds.append(Deed(action, by, told or {}))

    def pass_hours(self, hours: float, kept_by: str | None = None) -> None:
        if kept_by is None:
            urgent = self.asked.key == "incident" and self.life.priority in (Priority.P1, Priority.P2)
            kept_by = ROUND_THE_CLOCK if urgent else self.life.department_id
        self.at = self.scene.staff.after(kept_by, self.at, hours)

    def arrive(self) -> None:
        """It comes to its provider, now and then by way of another department, or twice."""
        if self.life.department_id == self.ask.provider:
            return
        self.pass_hours(varied(2.5, 0.6, self.rng))
        if self.rng.random() < 0.6:
            self.do(Verb.ACKNOWLEDGE, self.holder)
            self.pass_hours(varied(2.0, 0.6, self.rng))
        self.hand_over()
        if self.rng.random() < 0.3:
            self.pass_hours(varied(1.5, 0.5, self.rng))
            self.do(Verb.RETURN, self.holder, {"reason": self.rng.choice(sayings.RETURNS)})
            self.holder = self.scene.somebody(self.life.department_id)
            self.pass_hours(varied(2.0, 0.5, self.rng))
            self.hand_over()
        if self.rng.random() < 0.6:
            self.pass_hours(0.3)
            self.do(Verb.ACCEPT, self.holder)

    def hand_over(self) -> None:
        context = {
            "summary": f"{self.asked.name} for {self.scene.customer.name}.",
            "customer_expects": "An answer this week.",
            "tried_so_far": self.rng.choice(sayings.TRIED),
        }
        told = {"reason": self.rng.choice(sayings.TRANSFERS), "context": context}
        self.do(Verb.TRANSFER, self.holder, told, department_id=self.ask.provider)
        self.holder = self.scene.somebody(self.ask.provider)

    def decline(self) -> None:
        self.pass_hours(self.asked.queue_hours)
        self.do(Verb.DECLINE, self.holder, {"reason": self.rng.choice(sayings.DECLINES)})
        self.scene.tickets.append(self.ticket())

    def take_up(self) -> None:
        """It lies in the queue until somebody takes it; the impatient make it more urgent meanwhile."""
        hours = varied(self.asked.queue_hours, 0.6, self.rng) * self.load.queue * self.haste
        if hours > 10 and self.life.priority > Priority.P2 and self.rng.random() < 0.4:
            self.pass_hours(hours * 0.6)
            self.do(Verb.PRIORITISE, self.asker, priority=Priority.P2)
            hours *= 0.25
        self.pass_hours(hours)
        if self.rng.random() < 0.85:
            self.do(Verb.ASSIGN, self.holder, member_id=self.holder)
        if self.rng.random() < 0.7:
            self.do(Verb.ACKNOWLEDGE, self.holder)
            self.pass_hours(varied(0.8, 0.7, self.rng))
        self.do(Verb.START, self.holder)

    def work(self) -> None:
        """It is worked on: others are waited for or asked on the way."""
        hours = varied(self.asked.work_hours, 0.45, self.rng) * self.load.work * self.haste
        pauses = weather.pauses(self.asked, self.requester, self.scene.days_ago(self.at), self.rng)
        self.labour(hours * 0.35)
        for pause in pauses[:1]:
            self.wait_for(pause)
        for stage in self.ask.stages:
            self.await_others(self.ask_others(stage))
        if self.ask.waits_for:
            self.await_others([self.scene.ends[label] for label in self.ask.waits_for if label in self.scene.ends])
        for pause in pauses[1:]:
            self.wait_for(pause)
        self.labour(hours * 0.65)

    def labour(self, hours: float) -> None:
        """Work that goes on, with a word to the requester on longer stretches."""
        if hours > 6:
            self.pass_hours(hours * 0.5)
            self.say_something()
            hours *= 0.5
        self.pass_hours(hours)

    def say_something(self) -> None:
        internal = self.rng.random() < 0.25
        body = self.rng.choice(sayings.NOTES if internal else sayings.PROGRESS)
        visible = {"by_provider": True, "visible_to_requester": not internal}
        self.do(Verb.COMMENT, self.holder, {"body": body}, **visible)

    def wait_for(self, pause: weather.Pause) -> None:
        if pause.on is Party.REQUESTER and self.rng.random() < 0.7:
            self.do(Verb.ASK, self.holder, {"question": self.rng.choice(sayings.QUESTIONS)})
        self.do(Verb.WAIT, self.holder, {"reason": self.rng.choice(sayings.WAITS[pause.on])}, on=pause.on)
        self.pass_hours(pause.hours)
        self.do(Verb.RESUME, self.holder)

    def ask_others(self, stage: tuple[Ask, ...]) -> list[datetime]:
        """Asks those of a stage, and tells of what became of it; when each that is needed was settled."""
        scene, chosen = self.scene, [ask for ask in stage if self.rng.random() < ask.chance]
        refs = [scene.new_ref() for _ in chosen]
        opened: dict[str, datetime] = {}
        for ask, ref in sorted(zip(chosen, refs, strict=True), key=lambda each: not each[0].waits_for):
            self.at += scene.minutes(9)
            opened[ref] = self.at
            for label in ask.waits_for:
                scene.waiting.setdefault(label, []).append(ref)
        ends = []
        for ask, ref in zip(chosen, refs, strict=True):
            also = scene.waiting.pop(ask.label, ()) if ask.label else ()
            end = tell(scene, ask, ref, self.life.department_id, opened[ref], (self.ref, *also))
            if ask.label:
                scene.ends[ask.label] = end
            if ask.needed:
                ends.append(end)
        return ends

    def await_others(self, ends: list[datetime]) -> None:
        end = max(ends, default=self.at)
        if end <= self.at:
            return
        self.at += min(self.scene.minutes(20), (end - self.at) / 2)
        self.at = self.at.replace(microsecond=0)
        reason = self.rng.choice(sayings.WAITS[Party.DEPENDENCY])
        self.do(Verb.WAIT, self.holder, {"reason": reason}, on=Party.DEPENDENCY)
        while (told_at := self.scene.staff.after(self.life.department_id, self.at, self.rng.uniform(8, 24))) < end:
            self.at = told_at
            self.say_something()
        self.at = end
        self.pass_hours(varied(0.5, 0.6, self.rng))
        self.do(Verb.RESUME, self.holder)

    def settle(self) -> datetime:
        """It is resolved, for good or, now and then, not at first; then closed, and the requester says how it was."""
        self.resolve()
        reopened = self.rng.random() < _REOPENED.get(self.life.department_id, 0.03)
        if reopened:
            self.reopen()
        end = self.at
        if self.rng.random() < 0.8:
            self.pass_hours(varied(12.0, 0.5, self.rng), self.requester)
            self.do(Verb.CLOSE, self.asker)
        if self.rng.random() < 0.3:
            self.give_feedback(end, reopened)
        return end

    def resolve(self) -> None:
        granted = None
        if self.asked.kind == "approval":
            granted = self.rng.random() < _GRANTED.get(self.asked.key, 0.9)
        resolution = self.rng.choice(sayings.RESOLUTIONS[self.asked.kind])
        self.do(Verb.RESOLVE, self.holder, {"resolution": resolution}, granted=granted)

    def reopen(self) -> None:
        self.pass_hours(varied(3.0, 0.5, self.rng), self.requester)
        if self.rng.random() < 0.3:
            self.do(Verb.CLOSE, self.asker)
            self.pass_hours(1.0, self.requester)
        self.do(Verb.REOPEN, self.asker, {"reason": self.rng.choice(sayings.REOPENINGS)})
        self.pass_hours(varied(self.asked.work_hours * 0.4, 0.5, self.rng))
        self.resolve()

    def give_feedback(self, end: datetime, reopened: bool) -> None:
        days = (end - self.life.opened_at) / timedelta(days=1)
        score = round(self.rng.gauss(4.4 - min(days, 20) * 0.1 - 1.4 * reopened - 0.4 * self.life.hop_count, 1.0))
        score = min(5, max(1, score))
        said = sayings.PRAISE if score > 3 else sayings.BLAME
        comment = self.rng.choice(said) if self.rng.random() < 0.5 else None
        at = self.at + self.scene.minutes(60)
        self.feedback = Feedback(at, self.asker, score, comment)
