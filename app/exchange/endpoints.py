"""`/v1/imports`."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from app.access.roles import Actor, Permission, Role
from app.exchange import imports
from app.exchange.schemas import Import, ImportListing, ImportQuery
from app.exchange.uploads import Upload, receive
from app.kernel import idempotency
from app.kernel.answers import answer, resource
from app.kernel.idempotency import IdempotentRequest
from app.kernel.paging import Page
from app.kernel.problems import Forbidden, UnsupportedMediaType, documented
from app.kernel.routes import StreamedRoute, router
from app.kernel.schemas import Id
from app.kernel.work import Reads, Work, work_of

routes = router("/v1/imports", "Import")
streamed_routes = router("/v1/imports", "Import", StreamedRoute)

_MULTIPART: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "mapping"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "contentMediaType": "application/octet-stream",
                            "description": "The log: XES, CSV or JSON Lines, also gzipped.",
                        },
                        "mapping": {
                            "type": "string",
                            "format": "binary",
                            "contentMediaType": "application/octet-stream",
                            "description": "The mapping, in TOML: which columns hold what, and what activities mean.",
                        },
                    },
                }
            }
        },
    }
}


def _importer(request: Request) -> Actor:
    actor: Actor = request.state.actor
    if actor.role is Role.ADMIN or (actor.role is Role.INTEGRATION and actor.may(Permission.BACKDATE)):
        return actor
    raise Forbidden("Importing needs an admin's key, or an integration's with the permission 'backdate'.")


def _watcher(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor if actor.may(Permission.READ) else _importer(request)


Importer = Annotated[Actor, Depends(_importer)]
Watcher = Annotated[Actor, Depends(_watcher)]


@streamed_routes.post(
    "",
    status_code=202,
    response_model=Import,
    operation_id="start_import",
    responses=documented(UnsupportedMediaType),
    openapi_extra=_MULTIPART,
)
async def start_import(
    request: Request, work: Annotated[Work, Depends(work_of)], actor: Importer, asked: Annotated[ImportQuery, Query()]
) -> Response:
    """Imports an event log: each case becomes a ticket with its life, and a commitment if the mapping says so.

    It goes on when this is answered; ask for the import to see how far it has come. All of it is kept at once, at its
    end. Importing a log again changes nothing; more events of a known case are merged, unless its ticket was changed by
    hand since.
    """
    most_bytes = request.app.state.settings.import_max_bytes
    upload = await receive(request, most_bytes)
    try:
        same = await _identity(request, upload)
        await work.write()
        known = None if same is None else await idempotency.stored_answer(work.connection, same, work.now, None)
        if known is not None:
            upload.remove()
            return known
        taken = await imports.take(work, upload, asked, most_bytes)
        response = answer(taken.made, 202, {"Location": f"/v1/imports/{taken.made.id}"})
        if same is not None:
            await idempotency.store(work.connection, same, response, work.now, None)
        await work.commit()
    except BaseException:
        upload.remove()
        raise
    imports.begin(work.database, taken)
    return response


async def _identity(request: Request, upload: Upload) -> IdempotentRequest | None:
    """The request's identity, its body being known by its digest: it is never whole in memory."""
    request._body = upload.digest
    return await idempotency.identify(request)


@routes.get("", response_model=Page[Import], operation_id="list_imports")
async def list_imports(work: Reads, actor: Watcher, asked: Annotated[ImportListing, Query()]) -> Response:
    """The imports that were asked for over HTTP. Sort by `created_at` or `id`."""
    return answer(await imports.page(work.connection, asked))


@routes.get("/{import_id}", response_model=Import, operation_id="get_import")
async def get_import(
    import_id: Annotated[Id, Path(description="The import's id.")], request: Request, work: Reads, actor: Watcher
) -> Response:
    """How far an import has come, and what came of it."""
    return resource(await imports.get(work.connection, import_id), request)
