"""The route of every endpoint: one `Work` per request, JSON read strictly, POSTs idempotent."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from starlette.routing import Match
from starlette.types import Scope

from app.kernel import idempotency
from app.kernel.failures import is_passing
from app.kernel.requests import StrictRequest
from app.kernel.work import Work

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

MAX_BODY_BYTES = 1024 * 1024
ATTEMPTS = 3
"""How often a request is tried whose transaction the database ended for another's sake."""


class OutwardRoute(APIRoute):
    """Opens the work, answers a repeated POST from the store, commits when the answer is a success."""

    streamed: ClassVar[bool] = False
    most_bytes: ClassVar[int] = MAX_BODY_BYTES
    nul_refused_as_a_whole: ClassVar[bool] = True
    exclusive: ClassVar[bool] = False

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handler(raw: Request) -> Response:
            request = StrictRequest(raw.scope, raw.receive)
            state = request.app.state
            work = request.state.work = Work(state.database, state.now(), replica=state.replica)
            try:
                await state.authenticate(request)
                await self._check(request)
                await self.prepare(request)
                return await _answer(handle, request, work) if self.streamed else await _retried(handle, request, work)
            finally:
                await work.close()

        return handler

    async def prepare(self, request: StrictRequest) -> None:
        """Does what takes long, before a connection to the database is held. Whoever asks is known, and the body is
        there, but nobody has looked whether they may and what is in it."""

    async def _check(self, request: StrictRequest) -> None:
        request.check_address()
        if self.streamed:
            return
        await request.check_body(self.most_bytes)
        if self.body_field is not None and await request.body():
            request.check_media_type()
            if self.nul_refused_as_a_whole:
                await request.check_characters()


async def _retried(handle: Handler, request: Request, work: Work) -> Response:
    for _ in range(ATTEMPTS - 1):
        try:
            return await _answer(handle, request, work)
        except DBAPIError as error:
            if not is_passing(error):
                raise
            await work.begin_again()
    return await _answer(handle, request, work)


async def _answer(handle: Handler, request: Request, work: Work) -> Response:
    route = request.scope.get("route")
    asked = None if isinstance(route, StreamedRoute) else await idempotency.identify(request)
    seal = request.app.state.seal if asked and isinstance(route, SecretRoute) else None
    if asked is not None:
        await work.write()
        stored = await idempotency.stored_answer(work.connection, asked, work.now, seal)
        if stored is not None:
            return stored
    response = await handle(request)
    if response.status_code < 400:
        if asked is not None:
            await idempotency.store(work.connection, asked, response, work.now, seal)
        await work.commit()
    return response


class FixedRoute(OutwardRoute):
    """The route of an address that is no id although it stands where one could: nothing but its own methods is tried
    there."""

    exclusive = True

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        return (Match.FULL if match is Match.PARTIAL else match), child


class StreamedRoute(OutwardRoute):
    """The route of an endpoint that takes a body of any size and reads it itself, piece by piece."""

    streamed = True


class SecretRoute(OutwardRoute):
    """The route of an endpoint whose answer shows a secret, once: what is stored of it to be given again is sealed."""


def router(prefix: str, tag: str, route_class: type[OutwardRoute] = OutwardRoute) -> APIRouter:
    """A capability's router: every endpoint under `prefix` with a route as above."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=route_class)
