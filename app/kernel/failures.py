"""How every exception becomes a problem document."""

import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.kernel.database import metadata
from app.kernel.problems import (
    Conflict,
    FieldError,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
    from_validation,
    problem_response,
)
from app.kernel.telemetry import log

_BY_STATUS: dict[int, tuple[type[Problem], str]] = {
    400: (Malformed, "The body could not be read."),
    404: (NotFound, "Nothing is at this address."),
    405: (MethodNotAllowed, "See the Allow header."),
    413: (TooLarge, "Send at most 1 MiB."),
    415: (UnsupportedMediaType, "Send application/json."),
}


def install(app: FastAPI) -> None:
    """Registers the handlers: whatever is raised, the answer is a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeout, _busy)
    app.add_exception_handler(OSError, _unreachable)
    app.add_exception_handler(Exception, _defect)


async def _problem(request: Request, error: Any) -> Response:
    return problem_response(request, error)


async def _validation(request: Request, error: Any) -> Response:
    return problem_response(request, from_validation(error))


async def _http(request: Request, error: Any) -> Response:
    kind, detail = _BY_STATUS.get(error.status_code, (Malformed, str(error.detail)))
    return problem_response(request, kind(detail, headers=error.headers))


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


def from_database(error: DBAPIError) -> Problem | None:
    """The problem that a refusal by the database's constraints stands for; None for any other error.

    Names the field through the naming convention of the constraints.
    """
    cause: Any = getattr(error.orig, "__cause__", None)
    state: str = getattr(cause, "sqlstate", None) or getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or state.startswith(("08", "57P")):
        return Unavailable("The connection to the database was lost. Try again.", headers={"Retry-After": "2"})
    if state in ("40001", "40P01"):
        return Conflict("Another request changed the same thing at the same time. Try again.")
    if state.startswith("22"):
        return Invalid(f"A value is out of range: {getattr(cause, 'message', 'see the field')}.")
    table = metadata.tables.get(getattr(cause, "table_name", None) or "")
    name: str = getattr(cause, "constraint_name", None) or ""
    if state == "23505":
        return Conflict(f"There is one already: {_key_in(getattr(cause, 'detail', '') or name)}.")
    if state == "23503":
        field = _foreign_field(table, name)
        return Invalid.field(f"/{field}", "names something that does not exist.")
    if state == "23514":
        return Invalid(f"It breaks the rule '{name.split('_', 2)[-1].replace('_', ' ')}'.")
    return None


def _key_in(detail: str) -> str:
    match = re.search(r"Key \((?:lower\()?(.*?)\)?\)=\((.*)\) already", detail)
    return f"{match.group(1)} {match.group(2)}" if match else detail


def _foreign_field(table: Table | None, constraint: str) -> str:
    if table is not None:
        for foreign in table.foreign_key_constraints:
            if foreign.name == constraint or constraint.endswith(f"{table.name}_{foreign.column_keys[0]}"):
                return foreign.column_keys[0]
    return constraint


__all__ = ["FieldError", "from_database", "install"]
