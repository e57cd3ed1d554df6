"""`/v1/me` and `/v1/api-keys`."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.access import service
from app.access.needs import Administrator, OwnReader
from app.access.schemas import ApiKey, ApiKeyDraft, ApiKeyListing, Me, NewApiKey
from app.kernel.answers import answer, resource
from app.kernel.paging import Page
from app.kernel.preconditions import IfMatch
from app.kernel.problems import Conflict, NotFound, Stale, documented
from app.kernel.routes import SecretRoute, router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Writes

routes = router("/v1", "Access", SecretRoute)

KeyId = Annotated[Id, Path(description="The key's id.")]


@routes.get("/me", response_model=Me, operation_id="get_me", summary="Whose key is this?")
async def me(actor: OwnReader) -> Response:
    """Whose credential this is, and what it may do: the permissions that end in `_own` are of what concerns the member
    for whom it stands, and their departments."""
    department_ids = sorted(actor.department_ids)
    return answer(Me(actor.key_id, actor.name, actor.role, sorted(actor.permissions), department_ids, actor.member_id))


@routes.post(
    "/api-keys",
    status_code=201,
    response_model=NewApiKey,
    operation_id="create_api_key",
    summary="Make an API key",
    responses=documented(Conflict),
)
async def create_api_key(body: ApiKeyDraft, request: Request, work: Writes, actor: Administrator) -> Response:
    """Makes a key. The answer shows it, this once.

    That of a `lead` or a `member` stands for somebody: it acts in their name, and for the departments that they belong
    to at the time. Once they have left it is refused (401), and in force again should they come back: what must never
    work again is revoked.
    """
    state = request.app.state
    made = await service.create(work.connection, body, state.peppers, state.standing_of)
    return resource(made, request, created_at=f"/v1/api-keys/{made.id}")


@routes.get("/api-keys", response_model=Page[ApiKey], operation_id="list_api_keys", summary="List API keys")
async def list_api_keys(work: Reads, actor: Administrator, asked: Annotated[ApiKeyListing, Query()]) -> Response:
    """The keys, revoked ones too."""
    return answer(await service.collection.page(work.connection, asked, sorts=("name",)))


@routes.get(
    "/api-keys/{key_id}",
    response_model=ApiKey,
    operation_id="get_api_key",
    summary="Read an API key",
    responses=documented(NotFound),
)
async def get_api_key(key_id: KeyId, request: Request, work: Reads, actor: Administrator) -> Response:
    """One key."""
    return resource(await service.collection.get(work.connection, key_id), request)


@routes.post(
    "/api-keys/{key_id}/revoke",
    response_model=ApiKey,
    operation_id="revoke_api_key",
    summary="Revoke an API key",
    responses=documented(NotFound, Stale),
)
async def revoke_api_key(
    key_id: KeyId, request: Request, work: Writes, actor: Administrator, if_match: IfMatch
) -> Response:
    """Revokes a key for good: within two seconds nobody gets in with it."""
    revoked = await service.revoke(work.connection, key_id, work.now, if_match)
    request.app.state.authenticator.forget()
    return resource(revoked, request)
