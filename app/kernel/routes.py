"""The route of every endpoint: one `Work` per request, JSON read strictly, POSTs idempotent."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from app.kernel import idempotency
from app.kernel.problems import Invalid, TooLarge
from app.kernel.work import Work

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


MAX_BODY_BYTES = 1024 * 1024


class StrictRequest(Request):
    """A request whose JSON is read strictly: no NaN, no lone surrogates, no number beyond a double."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = orjson.loads(await self.body())
        return self._json

    async def check_body(self, most_bytes: int = MAX_BODY_BYTES) -> None:
        """Reads the body, up to its limit of whole MiB.

        Raises:
            TooLarge: it has more than `most_bytes`.
            Invalid: a string in it contains a NUL, which no text in the database can hold.
        """
        declared = self.headers.get("content-length", "0")
        too_large = TooLarge(f"Send at most {most_bytes // 2**20} MiB.", headers={"Connection": "close"})
        if declared.isdigit() and int(declared) > most_bytes:
            raise too_large
        chunks, size = [], 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > most_bytes:
                raise too_large
            chunks.append(chunk)
        self._body = b"".join(chunks)
        if b"\\u0000" in self._body:
            try:
                pointer = _nul(orjson.loads(self._body))
            except orjson.JSONDecodeError:
                return
            if pointer is not None:
                raise Invalid.field("".join(f"/{part}" for part in pointer), "must not contain NUL characters.")


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

    streamed: ClassVar[bool] = False
    most_bytes: ClassVar[int] = MAX_BODY_BYTES

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        streamed, most_bytes = self.streamed, self.most_bytes

        async def handler(raw: Request) -> Response:
            request = StrictRequest(raw.scope, raw.receive)
            if b"%00" in request.scope.get("query_string", b"") or "\x00" in request.scope["path"]:
                raise Invalid("The address must not contain NUL characters.")
            state = request.app.state
            work = request.state.work = Work(state.database, state.now(), replica=state.replica)
            try:
                await state.authenticate(request)
                if not streamed:
                    await request.check_body(most_bytes)
                return await _answer(handle, request, work)
            finally:
                await work.close()

        return handler


async def _answer(handle: Handler, request: Request, work: Work) -> Response:
    asked = None if isinstance(request.scope.get("route"), StreamedRoute) else await idempotency.identify(request)
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


class StreamedRoute(OutwardRoute):
    """The route of an endpoint that takes a body of any size and reads it itself, piece by piece."""

    streamed = True


def router(prefix: str, tag: str, route_class: type[OutwardRoute] = OutwardRoute) -> APIRouter:
    """A capability's router: every endpoint under `prefix` with a route as above."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=route_class)
