"""Everything that can go wrong on purpose, as a tree of exceptions that become RFC 9457 problem documents.

The OpenAPI document lists the problems from the same tree (`documented`), and each has a page at `/problems/<slug>`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import orjson
from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"

NOT_THERE = "names something that does not exist."
"""What is wrong with a field that refers to nothing."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one place in the request: a JSON pointer into the body (or `?name` for a query parameter)."""

    pointer: str
    detail: str


def pointer_to(path: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) to a place in the body; the whole body is the empty one."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


class Problem(Exception):
    """The root: an answer other than success. `detail` tells the caller what to do about it."""

    slug: ClassVar[str] = "internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something failed inside Outward"
    meaning: ClassVar[str] = "A defect of the service. The request id in the answer finds it in the log."

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = extra

    def document(self, instance: str | None = None) -> dict[str, Any]:
        """The problem document; `instance` is the path that was asked."""
        document: dict[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if instance is not None:
            document["instance"] = instance
        if self.errors:
            document["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in self.errors]
        return document | self.extra


class Malformed(Problem):
    slug, status, title = "malformed-request", 400, "The request could not be read"
    meaning = "The body is no JSON, or is not encoded in UTF-8, or is nested too deeply."


class Unauthenticated(Problem):
    slug, status, title = "unauthenticated", 401, "A valid credential is needed"
    meaning = "Send `Authorization: Bearer <API key>`; the key must exist and not be revoked."


class Forbidden(Problem):
    slug, status, title = "forbidden", 403, "This key may not do that"
    meaning = "The credential is valid, but its role or permissions do not cover this request."


class NotFound(Problem):
    slug, status, title = "not-found", 404, "There is no such thing"
    meaning = "Nothing is at that address, or nothing that this key may see."


class MethodNotAllowed(Problem):
    slug, status, title = "method-not-allowed", 405, "That method is not offered here"
    meaning = "The address exists, but not with this method; the `Allow` header lists those it has."


class Conflict(Problem):
    slug, status, title = "conflict", 409, "It conflicts with what is there"
    meaning = "Something with the same natural key exists, or something still refers to what should go."


class NotPossibleNow(Conflict):
    slug, title = "not-possible-in-this-state", "That is not possible in this state"
    meaning = "The verb is none of those that the resource takes in its state; `possible` lists them."

    @classmethod
    def instead(cls, reason: str, possible: Iterable[str]) -> "NotPossibleNow":
        """Why it is not, and which verbs are."""
        verbs = [str(verb) for verb in possible]
        told = ", ".join(f"`{verb}`" for verb in verbs) or "nothing any more"
        return cls(f"{reason} Possible now: {told}.", possible=verbs)


class TooLate(Conflict):
    slug, title = "too-late", "That could be changed for a time, which is over"
    meaning = "It stands as it is; `until` tells how long it could be changed."

    @classmethod
    def since(cls, until: datetime, rule: str) -> "TooLate":
        """The rule, which ended at an instant."""
        told = until.isoformat().replace("+00:00", "Z")
        return cls(f"{rule}: until {told}. It stands.", until=told)


class Cycle(Conflict):
    slug, title = "dependency-cycle", "The dependency would close a circle"
    meaning = "Tickets under a commitment form a directed acyclic graph; `cycle` names the tickets on the circle."


class StillRunning(Conflict):
    slug, title = "idempotent-request-running", "The first request with this key is still running"
    meaning = "Wait for the first request with this `Idempotency-Key` to end, then ask again."


class AnswerUnreadable(Conflict):
    slug, title = "idempotent-answer-unreadable", "The answer to the first request with this key can no longer be read"
    meaning = "It was done, and the secret key of the service was changed since. Read what was made, or use a new key."


class Stale(Problem):
    slug, status, title = "stale-version", 412, "It has changed since you read it"
    meaning = "`If-Match` names another version than the present one. Read it again, then decide."


class TooLarge(Problem):
    slug, status, title = "body-too-large", 413, "The body is too large"
    meaning = "A body may have 1 MiB, a graph to analyse 16 MiB; imports are larger and are streamed."


class UnsupportedMediaType(Problem):
    slug, status, title = "unsupported-media-type", 415, "That kind of body is not understood"
    meaning = "Send JSON with `Content-Type: application/json`, uncompressed."


class Invalid(Problem):
    slug, status, title = "invalid-request", 422, "The request breaks a rule"
    meaning = "`errors` names each field by a JSON pointer, and the rule it breaks."

    @classmethod
    def field(cls, pointer: str, detail: str) -> "Invalid":
        """The problem of one field; an empty pointer is the whole body."""
        return cls(f"{pointer}: {detail}" if pointer else f"The body {detail}", errors=[FieldError(pointer, detail)])


class KeyReused(Invalid):
    slug, title = "idempotency-key-reused", "This Idempotency-Key was used with another body"
    meaning = "A key stands for one request. Use a new key for a new request."


class Unavailable(Problem):
    slug, status, title = "unavailable", 503, "Not ready"
    meaning = "The database cannot be reached, or its schema is not the one this version needs."


def every_problem(root: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """The tree, root first."""
    yield root
    for kind in root.__subclasses__():
        yield from every_problem(kind)


class FieldErrorDocument(BaseModel):
    pointer: str = Field(
        description="JSON pointer to the field in the body; `?name` for a query parameter, `path:name` and "
        "`header:name` for the others."
    )
    detail: str = Field(description="The rule it breaks.")


class ProblemDocument(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="`/problems/<slug>`, served as a page.")
    title: str
    status: int
    detail: str
    instance: str | None = Field(None, description="The path that was asked.")
    errors: list[FieldErrorDocument] | None = Field(None, description="For 422: what is wrong where.")


def documented(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of these problems, those of one status together."""
    by_status: dict[int, list[type[Problem]]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: {
            "description": " · ".join(kind.title for kind in same),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {
                        kind.slug: {"summary": kind.title, "value": kind(kind.meaning).document("/v1/…")}
                        for kind in same
                    },
                }
            },
        }
        for status, same in sorted(by_status.items())
    }


def problem_response(request: Request, problem: Problem) -> Response:
    """The answer that tells of a problem."""
    return Response(
        orjson.dumps(problem.document(request.url.path), default=str),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )
