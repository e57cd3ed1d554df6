"""The commitment that a case makes to its customer, or why it makes none. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from app.exchange.mapping import LogMapping
from app.exchange.rows import PromiseTexts, Row, parse_time
from app.tickets.life.lifecycle import Life

_NONE: Final = PromiseTexts(None, None, None)


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised to the customer; `delivered_at` None: not yet."""

    promised_at: datetime
    due_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The case has no commitment. `reason` None: it never had a due time, which is no mistake; else at `place`."""

    reason: str | None
    place: int


def promise_of(rows: Sequence[Row], life: Life[Any], mapping: LogMapping, now: datetime) -> Promise | LeftOut | None:
    """The promise of a case whose events, in time order, led to this life; None when the mapping makes none.

    An attribute is that of the case's trace, else of its first event. What cannot have been promised (an instant that
    is unreadable, a promise or delivery in the future, a due time or delivery before the promise) is left out.
    """
    rule, zone = mapping.commitment, mapping.defaults.timezone
    if rule is None:
        return None
    texts = _texts(rows)
    place = min(row.trace.place if row.trace else row.place for row in rows)
    if rule.due is not None and texts.due is None:
        return LeftOut(None, place)
    instants: list[datetime | None] = []
    for column, text in zip((rule.due, rule.promised, rule.delivered), texts, strict=True):
        try:
            instants.append(parse_time(text, zone).replace(microsecond=0) if text is not None else None)
        except ValueError as error:
            return LeftOut(f"no commitment: {column!r} is unreadable ({text!r}): {error}", place)
    due, promised, delivered = instants
    promised = promised or life.opened_at
    if rule.due_after_seconds is not None:
        due = promised + timedelta(seconds=rule.due_after_seconds)
    delivered = delivered or life.resolved_at
    if due is None:
        raise ValueError("the mapping's commitment has neither `due` nor `due_after_seconds`")
    reason = _impossible(promised, due, delivered, now)
    return LeftOut(f"no commitment: {reason}", place) if reason else Promise(promised, due, delivered)


def _texts(rows: Sequence[Row]) -> PromiseTexts:
    of_trace = next((row.trace.promise for row in rows if row.trace and row.trace.promise), _NONE)
    of_first = rows[0].promise or _NONE
    return PromiseTexts(*(mine if mine is not None else other for mine, other in zip(of_trace, of_first, strict=True)))


def _impossible(promised: datetime, due: datetime, delivered: datetime | None, now: datetime) -> str | None:
    if delivered is not None and delivered < promised:
        return f"it was delivered ({_text(delivered)}) before it was promised ({_text(promised)})"
    if promised > now:
        return f"it is promised in the future ({_text(promised)})"
    if delivered is not None and delivered > now:
        return f"it is delivered in the future ({_text(delivered)})"
    if due < promised:
        return f"it was due ({_text(due)}) before it was promised ({_text(promised)})"
    return None


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
