"""The route of every endpoint: one `Work` per request, JSON read strictly, POSTs idempotent."""

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute

from app.kernel import idempotency
from app.kernel.problems import Invalid
from app.kernel.work import Work

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRequest(Request):
    """A request whose JSON is read strictly: no NaN, no lone surrogates, no NUL."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            body = await self.body()
            self._json = orjson.loads(body)
            if b"\\u0000" in body and (pointer := _nul(self._json)) is not None:
                raise RequestValidationError(
                    [{"type": "nul", "loc": ("body", *pointer), "msg": "must not contain NUL characters", "input": ""}]
                )
        return self._json


def _nul(document: Any) -> tuple[str, ...] | None:
    waiting: list[tuple[Any, tuple[str, ...]]] = [(document, ())]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, str) and "\x00" in value:
            return path
        if isinstance(value, dict):
            for name, inner in value.items():
                if "\x00" in name:
                    return path
                waiting.append((inner, (*path, name)))
        elif isinstance(value, list):
            waiting.extend((inner, (*path, str(index))) for index, inner in enumerate(value))
    return None


class OutwardRoute(APIRoute):
    """Opens the work, answers a repeated POST from the store, commits when the answer is a success."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def handler(raw: Request) -> Response:
            request = StrictRequest(raw.scope, raw.receive)
            if b"%00" in request.scope.get("query_string", b"") or "\x00" in request.scope["path"]:
                raise Invalid("The address must not contain NUL characters.")
            state = request.app.state
            work = request.state.work = Work(state.database, state.now())
            try:
                await state.authenticate(request)
                return await _answer(handle, request, work)
            finally:
                await work.close()

        return handler


async def _answer(handle: Handler, request: Request, work: Work) -> Response:
    asked = await idempotency.identify(request)
    if asked is not None:
        await work.write()
        stored = await idempotency.stored_answer(work.connection, asked, work.now)
        if stored is not None:
            return stored
    response = await handle(request)
    if response.status_code < 400:
        if asked is not None:
            await idempotency.store(work.connection, asked, response, work.now)
        await work.commit()
    return response


def router(prefix: str, tag: str) -> APIRouter:
    """A capability's router: every endpoint under `prefix` with the route above."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=OutwardRoute)
