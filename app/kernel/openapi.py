"""The OpenAPI document: what FastAPI makes of the endpoints, completed by what holds for all of them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.kernel.problems import (
    AnswerUnreadable,
    Conflict,
    Forbidden,
    Invalid,
    KeyReused,
    Malformed,
    NotFound,
    Problem,
    ProblemDocument,
    Stale,
    StillRunning,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    documented,
)

Operation = dict[str, Any]

_FASTAPIS = "Successful Response"
_METHODS = ("get", "put", "post", "delete", "patch")
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body within 24 hours give the stored answer, with `Idempotency-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` one has; 304 while the resource still has it.",
    "schema": {"type": "string"},
}
_ETAG = {
    "ETag": {
        "description": 'The version, such as `"3"`: for `If-Match`. Where more than that moves the answer, it stands '
        'beside the version, such as `"3/125000.00EUR"`.',
        "schema": {"type": "string"},
    }
}
_LOCATION = {"Location": {"description": "Where it is from now on.", "schema": {"type": "string"}}}
_REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true` when it is the stored answer of an earlier request with the same `Idempotency-Key`.",
        "schema": {"type": "string"},
    }
}
_TEXT = r"^[^\x00]*$"
_API_KEY = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "ow_<id>_<secret>",
    "description": "An API key. `make run` prints an admin key; `outward keys create` makes more.",
}


def openapi(app: FastAPI, completion: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The document, made once; the completion adds what belongs to no endpoint."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version="3.1.0",
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            license_info=app.license_info,
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schemas["Problem"].pop("$defs", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        document["components"]["securitySchemes"] = {"api_key": _API_KEY}
        completion(document)
        for path, operations in document["paths"].items():
            for method in _METHODS:
                if method in operations:
                    _complete(operations[method], method, path, schemas)
        app.openapi_schema = _renamed(document)
    return app.openapi_schema


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    """The pages of lists under names that a person would give them: `TicketPage`, not `Page_Ticket_`."""
    text = orjson.dumps(document).decode()
    text = re.sub(r"\bPage_(\w+?)_(?=\")", r"\1Page", text)
    renamed: dict[str, Any] = orjson.loads(re.sub(r'"Page\[(\w+)\]"', r'"\1Page"', text))
    return renamed


def _complete(operation: Operation, method: str, path: str, schemas: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None) if _is_fastapis(responses.get("422")) else None
    for parameter in operation.get("parameters", ()):
        _describe(parameter)
    if path.startswith("/v1") or path == "/metrics":
        operation["security"] = [{"api_key": []}]
    _add_headers(operation, method, path, schemas)
    for status, response in documented(*_problems(operation, method, path)).items():
        known = responses.setdefault(str(status), response)
        if known is not response:
            titles = (*known["description"].split(" · "), *response["description"].split(" · "))
            known["description"] = " · ".join(dict.fromkeys(titles))
            content = next(iter(response["content"].values()))
            for media in known["content"].values():
                media["examples"] = content["examples"] | media.get("examples", {})
    operation["responses"] = dict(sorted(responses.items()))


def _problems(operation: Operation, method: str, path: str) -> Iterator[type[Problem]]:
    """What any operation of its kind can answer beside its own problems."""
    yield Unavailable
    if "security" in operation:
        yield from (Unauthenticated, Forbidden, Invalid)
    if "requestBody" in operation:
        yield from (Malformed, TooLarge, UnsupportedMediaType)
    if "{" in path:
        yield NotFound
    if method != "get":
        yield Conflict
    if method == "post" and path.startswith("/v1"):
        yield from (StillRunning, AnswerUnreadable, KeyReused)
    if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
        yield Stale


def _add_headers(operation: Operation, method: str, path: str, schemas: dict[str, Any]) -> None:
    responses, parameters = operation["responses"], operation.setdefault("parameters", [])
    if method == "post" and path.startswith("/v1"):
        parameters.append(_IDEMPOTENCY_KEY)
    for status, response in responses.items():
        if response.get("description") == _FASTAPIS:
            response["description"] = "It was made." if status == "201" else "The answer."
        headers: dict[str, Any] = {}
        if status == "201":
            headers |= _LOCATION
        if status in ("200", "201") and _is_versioned(response, schemas):
            headers |= _ETAG
        if status in ("200", "201", "202") and _IDEMPOTENCY_KEY in parameters:
            headers |= _REPLAYED
        if headers:
            response["headers"] = headers | response.get("headers", {})
    if method == "get" and "ETag" in responses.get("200", {}).get("headers", {}):
        parameters.append(_IF_NONE_MATCH)
        responses["304"] = {"description": "It still has that tag.", "headers": _ETAG}


def _is_versioned(response: dict[str, Any], schemas: dict[str, Any]) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    shape = schemas.get(schema.get("$ref", "").rpartition("/")[2], {})
    return "version" in shape.get("properties", {})


def _describe(parameter: dict[str, Any]) -> None:
    """A parameter of an address or a header is there or not, but never null; each is described."""
    if parameter["in"] == "header":
        parameter["name"] = "-".join(word.capitalize() for word in parameter["name"].split("-"))
    schema = parameter["schema"]
    present = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(present) == 1:
        del schema["anyOf"]
        parameter["schema"] = present[0] | schema
    schema = parameter["schema"]
    if schema.get("type") == "string" and not {"pattern", "format", "enum"} & schema.keys():
        schema["pattern"] = _TEXT
    if "description" not in parameter:
        name = parameter["name"]
        told = f"{name[:-3].replace('_', ' ')}, by its id" if name.endswith("_id") else name.replace("_", " ")
        parameter["description"] = f"Only those with this {told}."


def _is_fastapis(response: dict[str, Any] | None) -> bool:
    return response is not None and "application/json" in response.get("content", {})
