"""A digest as plain text, to be mailed or posted: lines of at most 78 characters, headings, and dashes."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from textwrap import wrap
from typing import Final
from zoneinfo import ZoneInfo

from app.attention.schemas import AttentionItem
from app.digests.digest_schemas import Digest, GoodMark, LatePromise, PromiseAtRisk, Thanks, named
from app.ripple.elapsed import in_words
from app.ripple.engine.totals import Amount
from app.scorecards.wording import money, number
from app.suggestions.schemas import Suggestion

_WIDTH: Final = 78


def text_of(digest: Digest) -> str:
    """The whole digest; parts of which there is nothing are left out."""
    zone = ZoneInfo(digest.timezone)
    when = named(digest.first_day)
    title = f"{digest.of.name}: {when if digest.period == 'day' else f'week of {when}'}"
    lines = [*_wrapped(title), "=" * min(len(title), _WIDTH), "", *_wrapped(_figures(digest))]
    for heading, told in (
        ("Needs you now", (_needed(item, zone) for item in digest.needs_you)),
        ("Went well", [*(_thanks(each) for each in digest.thanks), *(_mark(each) for each in digest.good_marks)]),
        ("Was late, and who felt it", [*(_late(each, digest) for each in digest.late), *_awaited(digest)]),
        ("Likely late", (_at_risk(each, zone) for each in digest.at_risk)),
        ("Suggestions that await an answer", (_suggestion(each, zone) for each in digest.suggestions)),
    ):
        lines += _section(heading, told)
    return "\n".join(lines) + "\n"


def _section(heading: str, told: Iterable[str]) -> Iterator[str]:
    items = list(told)
    if items:
        yield from ("", heading, "-" * len(heading))
        for item in items:
            yield from _wrapped(item, "- ", "  ")


def _figures(digest: Digest) -> str:
    told = digest.figures
    came = "1 ticket came" if told.opened == 1 else f"{number(told.opened)} tickets came"
    resolved = (
        f"{came}, {number(told.resolved)} {_were(told.resolved)} resolved, {number(told.open)} {_are(told.open)} open."
    )
    if not told.decided:
        return resolved
    return f"{resolved} Of {number(told.decided)} targets {number(told.met)} {_were(told.met)} met."


def _needed(item: AttentionItem, zone: ZoneInfo) -> str:
    worth = "" if item.value is None or item.currency is None else f", {money(Amount(item.value, item.currency))}"
    return f"{_one_line(item.why)} (Since {_at(item.since, zone)}{worth}; {item.act.method} {item.act.path})"


def _thanks(thanks: Thanks) -> str:
    whom = "" if thanks.member_name is None else f" to {thanks.member_name}"
    giver = "" if thanks.from_name is None else f" from {thanks.from_name}"
    return f"Thanks{whom}{giver}: “{_one_line(thanks.message)}”"


def _mark(mark: GoodMark) -> str:
    said = "" if mark.comment is None else f": “{_one_line(mark.comment)}”"
    return f"{mark.score} of 5 for T-{mark.ticket_number} “{_one_line(mark.title)}”{said}"


def _late(late: LatePromise, digest: Digest) -> str:
    promise = f"“{_one_line(late.title)}” came to {late.customer_name} {in_words(late.lateness_seconds)} late"
    if late.own_seconds >= late.lateness_seconds:
        return f"{promise}, all of it by {digest.of.name}."
    return f"{promise}, {in_words(late.own_seconds)} of it by {digest.of.name}."


def _awaited(digest: Digest) -> Iterator[str]:
    count = digest.awaiting_analysis
    if count == 1:
        yield "1 promise was delivered, and it is not known yet who had a share in its lateness."
    elif count:
        yield f"{number(count)} promises were delivered, and it is not known yet who had a share in their lateness."


def _at_risk(promise: PromiseAtRisk, zone: ZoneInfo) -> str:
    told = f"“{_one_line(promise.title)}” for {promise.customer_name}, due {_at(promise.due_at, zone)}"
    if promise.probability_late is not None:
        told += f", is {round(promise.probability_late * 100)} % likely late"
    if promise.value is not None and promise.currency is not None:
        told += f"; worth {money(Amount(promise.value, promise.currency))}"
    return f"{told}."


def _suggestion(suggestion: Suggestion, zone: ZoneInfo) -> str:
    votes = "1 vote" if suggestion.votes == 1 else f"{number(suggestion.votes)} votes"
    return f"“{_one_line(suggestion.text)}” ({votes}, since {_at(suggestion.suggested_at, zone)})"


def _at(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{local.day} {local:%b %H:%M}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _wrapped(words: str, first: str = "", others: str = "") -> list[str]:
    return wrap(words, _WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False) or [first]
