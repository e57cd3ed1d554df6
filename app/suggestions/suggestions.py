"""Use cases of suggestions: making one, voting for it, and adopting or declining it with an answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.backdating import moment
from app.access.roles import Actor
from app.access.speaking import speaker
from app.customers.parties import parties
from app.directory import members
from app.kernel.collections import Collection
from app.kernel.jobs import enqueue, job
from app.kernel.outbox import previous
from app.kernel.paging import Page
from app.kernel.preconditions import require_version
from app.kernel.problems import Forbidden, Invalid, NotPossibleNow
from app.kernel.work import Work
from app.suggestions.schemas import (
    Adoption,
    Decline,
    Suggestion,
    SuggestionChange,
    SuggestionDraft,
    SuggestionListing,
    Vote,
    VoteWithdrawal,
)
from app.suggestions.tables import suggestion_votes, suggestions

collection = Collection(suggestions, Suggestion, "suggestion")

EFFECT: Final = "suggestion effect"
"""The kind of the job that measures what adopting one changed."""
DAYS: Final = 30
SETTLING: Final = timedelta(hours=1)
"""How long after the days are over it is measured: what was delivered last is analysed by then."""

_PARTIES: Final = ("customer_id", "department_id", "member_id")
_VOTE: Final = insert(suggestion_votes).on_conflict_do_nothing().returning(suggestion_votes.c.voter_id)
_WITHDRAW: Final = (
    delete(suggestion_votes)
    .where(
        suggestion_votes.c.suggestion_id == bindparam("of_suggestion"),
        suggestion_votes.c.voter_id == bindparam("voter"),
    )
    .returning(suggestion_votes.c.voter_id)
)


async def suggest(work: Work, actor: Actor, draft: SuggestionDraft) -> Suggestion:
    """Makes a suggestion.

    Raises:
        Invalid: it names something that does not exist, a member who has left, or an instant in the future.
        Forbidden: another instant than now, without the permission; or somebody else's idea than that of the member
            whose key it is.
    """
    member_id = speaker(actor, draft.member_id, "/member_id")
    await members.require_present(work.connection, member_id, "/member_id")
    at = moment(draft.at, work.now, actor, "/at")
    values = {**draft.model_dump(exclude={"at"}), "member_id": member_id}
    concerned = await parties(work.connection, {name: values[name] for name in _PARTIES})
    made = await collection.insert(work.connection, {**values, "suggested_at": at, "actor": work.actor})
    work.happened("suggestion.made", at, suggestion=made, **concerned)
    return made


async def change(
    work: Work, actor: Actor, id_: UUID, wanted: SuggestionChange, expected: frozenset[int] | None
) -> Suggestion:
    """Puts a suggestion in other words.

    Raises:
        NotFound: there is none with this id.
        Stale: its version is none of those expected.
        Forbidden: another key made it, unless that stood for the same member.
        NotPossibleNow: it was adopted or declined.
    """
    present = await collection.get(work.connection, id_, lock=True)
    if not _made_by(present, actor):
        raise Forbidden("A suggestion is changed by whoever made it; another key did.")
    _require_open(present)
    changed = await collection.update(work.connection, present, wanted.stated(), expected)
    if changed is not present:
        await _tell(work, "suggestion.updated", work.now, present, changed)
    return changed


async def vote(work: Work, actor: Actor, id_: UUID, given: Vote, expected: frozenset[int] | None) -> Suggestion:
    """Votes for a suggestion; voting again changes nothing.

    Raises:
        NotFound: there is none with this id.
        Stale: its version is none of those expected.
        NotPossibleNow: it was adopted or declined.
        Invalid: the member does not exist or has left, or the instant lies in the future or before the suggestion.
        Forbidden: another instant than now, without the permission; or another vote than that of the member whose key
            it is.
    """
    member_id = speaker(actor, given.member_id, "/member_id")
    await members.require_present(work.connection, member_id, "/member_id")
    present = await _open(work, id_, expected)
    at = _after(present, moment(given.at, work.now, actor, "/at"))
    row = {
        "suggestion_id": id_,
        "voter_id": member_id or actor.key_id,
        "member_id": member_id,
        "voted_at": at,
        "actor": work.actor,
    }
    if (await work.connection.execute(_VOTE, row)).first() is None:
        return present
    return await _counted(work, "suggestion.voted", at, present, 1, member_id)


async def withdraw_vote(
    work: Work, actor: Actor, id_: UUID, given: VoteWithdrawal, expected: frozenset[int] | None
) -> Suggestion:
    """Takes a vote back; without one nothing changes.

    Raises:
        NotFound: there is no such suggestion.
        Stale: its version is none of those expected.
        NotPossibleNow: it was adopted or declined.
        Invalid: the instant lies in the future or before the suggestion.
        Forbidden: another instant than now, without the permission; or another vote than that of the member whose key
            it is.
    """
    member_id = speaker(actor, given.member_id, "/member_id")
    present = await _open(work, id_, expected)
    at = _after(present, moment(given.at, work.now, actor, "/at"))
    voter = {"of_suggestion": id_, "voter": member_id or actor.key_id}
    if (await work.connection.execute(_WITHDRAW, voter)).first() is None:
        return present
    return await _counted(work, "suggestion.vote_withdrawn", at, present, -1, member_id)


async def adopt(work: Work, actor: Actor, id_: UUID, given: Adoption, expected: frozenset[int] | None) -> Suggestion:
    """Adopts a suggestion. With a metric, what that changed is measured once the days are over.

    Raises:
        NotFound: there is none with this id.
        Stale: its version is none of those expected.
        Forbidden: the key is tied to other departments, or says when without the permission.
        NotPossibleNow: it was adopted or declined.
        Invalid: days without a metric, or the instant lies in the future or before the suggestion.
    """
    if given.metric is None and given.days is not None:
        raise Invalid.field("/days", "is left out where metric is: it is measured for so long.")
    days = given.days or DAYS if given.metric is not None else None
    told = {"status": "adopted", "answer": given.answer, "metric": given.metric, "days": days}
    adopted = await _decide(work, actor, id_, given.at, expected, told)
    if days is not None and adopted.decided_at is not None:
        run_at = adopted.decided_at + timedelta(days=days) + SETTLING
        await enqueue(work.connection, [job(EFFECT, run_at, str(id_), suggestion_id=str(id_))])
    return adopted


async def decline(work: Work, actor: Actor, id_: UUID, given: Decline, expected: frozenset[int] | None) -> Suggestion:
    """Declines a suggestion. Raises as `adopt`."""
    return await _decide(work, actor, id_, given.at, expected, {"status": "declined", "answer": given.answer})


async def page(
    connection: AsyncConnection, asked: SuggestionListing, conditions: Sequence[ColumnElement[bool]] = ()
) -> Page[Suggestion]:
    """A page of the suggestions of which these conditions hold, those with most votes first unless asked otherwise."""
    sorts = ("votes", "suggested_at")
    return await collection.page(connection, asked, sorts=sorts, conditions=conditions, default="-votes")


async def measured(work: Work, present: Suggestion, effect: dict[str, Any]) -> None:
    """Stores what adopting a suggestion, which is locked, has changed."""
    changed = await collection.update(work.connection, present, {"effect": effect})
    await _tell(work, "suggestion.effect_measured", work.now, present, changed)


async def _decide(
    work: Work, actor: Actor, id_: UUID, stated: datetime | None, expected: frozenset[int] | None, told: dict[str, Any]
) -> Suggestion:
    present = await _open(work, id_, expected)
    if not actor.speaks_for(present.department_id):
        raise Forbidden("A suggestion is decided by the department that it is about; this key is of others.")
    at = _after(present, moment(stated, work.now, actor, "/at"))
    values = {**told, "decided_at": at, "decided_by": work.actor}
    decided = await collection.update(work.connection, present, values)
    await _tell(work, f"suggestion.{told['status']}", at, present, decided)
    return decided


def _made_by(present: Suggestion, actor: Actor) -> bool:
    by = present.actor or {}
    return by.get("id") == str(actor.key_id) or (actor.own is not None and by.get("member_id") == str(actor.member_id))


async def _open(work: Work, id_: UUID, expected: frozenset[int] | None) -> Suggestion:
    present = await collection.get(work.connection, id_, lock=True)
    require_version(expected, present.version)
    _require_open(present)
    return present


def _require_open(present: Suggestion) -> None:
    if present.status != "open":
        raise NotPossibleNow.instead(f"The suggestion was {present.status}, which is final.", [])


def _after(present: Suggestion, at: datetime) -> datetime:
    if at < present.suggested_at:
        raise Invalid.field("/at", "lies before it was suggested.")
    return at


async def _counted(
    work: Work, kind: str, at: datetime, present: Suggestion, more: int, member_id: UUID | None
) -> Suggestion:
    changed = await collection.update(work.connection, present, {"votes": present.votes + more})
    await _tell(work, kind, at, present, changed, voter_member_id=member_id)
    return changed


async def _tell(
    work: Work, kind: str, at: datetime, before: Suggestion, after: Suggestion, **more_ids: UUID | None
) -> None:
    ids = {name: getattr(after, name) for name in _PARTIES} | more_ids
    concerned = await parties(work.connection, ids)
    work.happened(kind, at, suggestion=after, **concerned, previous=previous(before, after))
