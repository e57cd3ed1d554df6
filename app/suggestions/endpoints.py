"""`/v1/suggestions`."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.needs import OwnReader, OwnWriter
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import NotPossibleNow, documented
from app.kernel.routes import router
from app.kernel.work import Reads, Writes
from app.suggestions import suggestions
from app.suggestions.needs import SuggestionDecider, SuggestionId, SuggestionReader, SuggestionWriter, seen_by
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

routes = router("/v1/suggestions", "Feedback")

KEYS_OWN = Vote()
KEYS_OWN_WITHDRAWN = VoteWithdrawal()
_REFUSALS = documented(NotPossibleNow)


@routes.post(
    "",
    status_code=201,
    response_model=Suggestion,
    operation_id="make_suggestion",
    summary="Suggest how something could be better",
)
async def make_suggestion(body: SuggestionDraft, request: Request, work: Writes, actor: OwnWriter) -> Response:
    """Suggests how a customer, or a department, could be served better; of neither, it is about the company. With a
    key that stands for a member it is that member's idea."""
    made = await suggestions.suggest(work, actor, body)
    return resource(made, request, created_at=f"/v1/suggestions/{made.id}")


@routes.get("", response_model=Page[Suggestion], operation_id="list_suggestions", summary="List suggestions")
async def list_suggestions(work: Reads, actor: OwnReader, asked: Annotated[SuggestionListing, Query()]) -> Response:
    """What was suggested, those with most votes first, and of what was adopted what it changed. Sort by `votes`,
    `suggested_at`, `created_at` or `id`.

    A key that stands for a member lists their own ideas, those on departments of theirs, and of all others those that
    are about no customer, or about one whom they, or a department of theirs, serve."""
    return answer(await suggestions.page(work.connection, asked, seen_by(actor.own, work.now)))


@routes.get("/{suggestion_id}", response_model=Suggestion, operation_id="get_suggestion", summary="Read a suggestion")
async def get_suggestion(
    suggestion_id: SuggestionId, request: Request, work: Reads, actor: SuggestionReader
) -> Response:
    """One suggestion."""
    return resource(await suggestions.collection.get(work.connection, suggestion_id), request)


@routes.patch(
    "/{suggestion_id}",
    response_model=Suggestion,
    operation_id="update_suggestion",
    summary="Put a suggestion in other words",
    responses=_REFUSALS,
)
async def update_suggestion(
    suggestion_id: SuggestionId,
    body: SuggestionChange,
    request: Request,
    work: Writes,
    actor: SuggestionWriter,
    if_match: IfMatch,
) -> Response:
    """Other words, by the key that made it and while it is open. Its votes stay."""
    return resource(await suggestions.change(work, actor, suggestion_id, body, if_match), request)


@routes.post(
    "/{suggestion_id}/vote",
    response_model=Suggestion,
    operation_id="vote_suggestion",
    summary="Vote for a suggestion",
    responses=_REFUSALS,
)
async def vote_suggestion(
    suggestion_id: SuggestionId,
    request: Request,
    work: Writes,
    actor: SuggestionWriter,
    if_match: IfMatch,
    body: Vote = KEYS_OWN,
) -> Response:
    """A member votes for an open suggestion, or the key itself does: each once, voting again changes nothing. A
    key that stands for a member votes as that member."""
    return resource(await suggestions.vote(work, actor, suggestion_id, body, if_match), request)


@routes.post(
    "/{suggestion_id}/withdraw-vote",
    response_model=Suggestion,
    operation_id="withdraw_suggestion_vote",
    summary="Withdraw a vote for a suggestion",
    responses=_REFUSALS,
)
async def withdraw_suggestion_vote(
    suggestion_id: SuggestionId,
    request: Request,
    work: Writes,
    actor: SuggestionWriter,
    if_match: IfMatch,
    body: VoteWithdrawal = KEYS_OWN_WITHDRAWN,
) -> Response:
    """Takes a vote for an open suggestion back; where there is none, nothing changes."""
    return resource(await suggestions.withdraw_vote(work, actor, suggestion_id, body, if_match), request)


@routes.post(
    "/{suggestion_id}/adopt",
    response_model=Suggestion,
    operation_id="adopt_suggestion",
    summary="Adopt a suggestion",
    responses=_REFUSALS,
)
async def adopt_suggestion(
    suggestion_id: SuggestionId,
    body: Adoption,
    request: Request,
    work: Writes,
    actor: SuggestionDecider,
    if_match: IfMatch,
) -> Response:
    """Says that it is done, and how. This is final. A key that is tied to departments, or a lead's, decides what is
    about those only.

    With a `metric` its `effect` is measured once as many days are over as are looked back on: that figure of the
    reports, with the suggestion's department and customer as filters, in the days before and in the days since, each
    with how many it is of. Only where intervals do not touch is it called `better` or `worse`; what else changed
    meanwhile no figure tells.
    """
    return resource(await suggestions.adopt(work, actor, suggestion_id, body, if_match), request)


@routes.post(
    "/{suggestion_id}/decline",
    response_model=Suggestion,
    operation_id="decline_suggestion",
    summary="Decline a suggestion",
    responses=_REFUSALS,
)
async def decline_suggestion(
    suggestion_id: SuggestionId,
    body: Decline,
    request: Request,
    work: Writes,
    actor: SuggestionDecider,
    if_match: IfMatch,
) -> Response:
    """Says why it is not done. This is final. Whoever may adopt it may decline it."""
    return resource(await suggestions.decline(work, actor, suggestion_id, body, if_match), request)
