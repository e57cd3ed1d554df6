"""How every exception becomes a problem document."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kernel.database import Unreachable, metadata
from app.kernel.findings import from_validation
from app.kernel.problems import (
    NOT_THERE,
    Conflict,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
    problem_response,
)
from app.kernel.telemetry import log

_BY_STATUS: dict[int, tuple[type[Problem], str]] = {
    400: (Malformed, "The body could not be read."),
    404: (NotFound, "Nothing is at this address."),
    413: (TooLarge, "Send at most 1 MiB."),
    415: (UnsupportedMediaType, "Send application/json."),
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_PASSING = ("40001", "40P01")
_OUT_OF_ORDER = ("28", "3D", "53", "57014", "58", "25006")
"""Refused credentials, no such database, out of resources, cancelled, failing disks, read-only since a failover."""


def install(app: FastAPI) -> None:
    """Registers the handlers: whatever is raised, the answer is a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeout, _busy)
    app.add_exception_handler(Unreachable, _unreachable)
    app.add_middleware(LastResort)


class LastResort:
    """What no handler knows is a defect: logged under its request id, answered as a problem. Whoever went away before
    the request was read gets no answer, and is none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except ClientDisconnect:
            log.info("the client went away")
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            answer = await _defect(Request(scope), error)
            await answer(scope, receive, sending)


async def _problem(request: Request, error: Any) -> Response:
    return problem_response(request, error)


async def _validation(request: Request, error: Any) -> Response:
    return problem_response(request, from_validation(error))


async def _http(request: Request, error: Any) -> Response:
    if error.status_code == 405:
        return problem_response(request, _not_allowed(request, error.headers))
    kind, detail = _BY_STATUS.get(error.status_code, (Malformed, str(error.detail)))
    return problem_response(request, kind(detail, headers=error.headers))


def _not_allowed(request: Request, headers: Mapping[str, str]) -> Problem:
    """Every method has a route of its own, and the one that was asked knows but its own: the others are looked up."""
    allowed = headers["Allow"]
    if not getattr(request.scope.get("route"), "exclusive", False):
        allowed = ", ".join(method for method in _METHODS if _is_offered(request, method))
    return MethodNotAllowed(f"{request.method} is not offered here, but {allowed}.", headers={"Allow": allowed})


def _is_offered(request: Request, method: str) -> bool:
    asked = {**request.scope, "method": "GET" if method == "HEAD" else method}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)


async def _busy(request: Request, _: Exception) -> Response:
    log.warning("no connection to the database was free in time")
    return problem_response(request, Unavailable("Too much at once. Try again.", headers={"Retry-After": "1"}))


async def _unreachable(request: Request, error: Exception) -> Response:
    log.error("the database cannot be reached", error=str(error))
    return problem_response(request, Unavailable("The database cannot be reached.", headers={"Retry-After": "2"}))


async def _defect(request: Request, error: Exception) -> Response:
    log.error("defect", exc_info=error)
    return problem_response(request, Problem("It was logged under the request id in the X-Request-Id header."))


async def _database(request: Request, error: Any) -> Response:
    problem = from_database(error)
    if problem is None:
        return await _defect(request, error)
    return problem_response(request, problem)


def is_passing(error: Exception) -> bool:
    """Whether the transaction was ended for another's sake (a deadlock): tried again it may well succeed."""
    return isinstance(error, DBAPIError) and _sqlstate(error) in _PASSING


def _sqlstate(error: DBAPIError) -> str:
    cause: Any = getattr(error.orig, "__cause__", None)
    state: str = getattr(cause, "sqlstate", None) or getattr(error.orig, "sqlstate", None) or ""
    return state


def from_database(error: DBAPIError) -> Problem | None:
    """The problem that a refusal by the database's constraints stands for; None for any other error.

    Names the field through the naming convention of the constraints.
    """
    cause: Any = getattr(error.orig, "__cause__", None)
    state = _sqlstate(error)
    if error.connection_invalidated or state.startswith(("08", "57P")):
        return Unavailable("The connection to the database was lost. Try again.", headers={"Retry-After": "2"})
    if state.startswith(_OUT_OF_ORDER):
        log.error("the database does not serve", error=str(error.orig))
        return Unavailable("The database does not serve at present.", headers={"Retry-After": "5"})
    if state in _PASSING:
        return Conflict("Another request changed the same thing at the same time. Try again.")
    if state.startswith("22"):
        reason = f": {cause.message}" if getattr(cause, "message", None) else ""
        return Invalid.field("", f"holds a value that is out of range{reason}.")
    table = metadata.tables.get(getattr(cause, "table_name", None) or "")
    name: str = getattr(cause, "constraint_name", None) or ""
    if state == "23505":
        return Conflict(f"There is one already: {_key_in(getattr(cause, 'detail', '') or name)}.")
    if state == "23503":
        field = _foreign_field(table, name)
        return Invalid.field(f"/{field}", NOT_THERE)
    if state == "23514":
        return Invalid.field("", f"breaks the rule '{name.split('_', 2)[-1].replace('_', ' ')}'.")
    return None


def _key_in(detail: str) -> str:
    match = re.search(r"Key \((?:lower\()?(.*?)\)?\)=\((.*)\) already", detail)
    if match is None:
        return detail
    names, values = match.group(1).split(", "), match.group(2).split(", ", match.group(1).count(", "))
    return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=False))


def _foreign_field(table: Table | None, constraint: str) -> str:
    if table is not None:
        for foreign in table.foreign_key_constraints:
            if foreign.name == constraint or constraint.endswith(f"{table.name}_{foreign.column_keys[0]}"):
                return foreign.column_keys[0]
    return constraint
