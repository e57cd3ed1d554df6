"""The `webhooks` section of the OpenAPI document: one entry for each type of event."""

from typing import Any, Final, Literal

from pydantic import TypeAdapter

from app.kernel.event_types import Catalogue, EventType

_COMPONENTS: Final = "#/components/schemas/{model}"
_ID: Final = {"type": "string", "format": "uuid"}
_INSTANT: Final = {"type": "string", "format": "date-time"}

_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "WebhookId": {
        "name": "webhook-id",
        "description": "The event's `id`: the same in every attempt, to every endpoint, and when it is replayed. Who "
        "has done something with it once has no need to do so again.",
        "schema": _ID,
    },
    "WebhookTimestamp": {
        "name": "webhook-timestamp",
        "description": "When this attempt was signed, in seconds since 1970. Refuse what is older than a few minutes.",
        "schema": {"type": "string", "pattern": "^[0-9]+$", "examples": ["1773136800"]},
    },
    "WebhookSignature": {
        "name": "webhook-signature",
        "description": "Signatures of `<webhook-id>.<webhook-timestamp>.<body>` by Standard Webhooks, separated by "
        "spaces; one that you can verify is enough. `v1,` is the base64 of HMAC-SHA256 with the endpoint's secret (two "
        "of them for 24 hours after it was rotated), `v1a,` that of Ed25519.",
        "schema": {"type": "string", "examples": ["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="]},
    },
}
_RESPONSES: Final[dict[str, dict[str, str]]] = {
    "WebhookTaken": {"description": "It was taken; the body is not looked at."},
    "WebhookGone": {"description": "Nobody is there any more: the endpoint is disabled."},
    "WebhookSlower": {
        "description": "Not now: it is tried again later, after `Retry-After` if that is stated, and others to this "
        "endpoint are slowed down with it."
    },
    "WebhookFailed": {
        "description": "It failed, as does no answer within 15 seconds; redirects are not followed. It is tried again "
        "after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h; then it is dead, until it is retried by hand."
    },
}
_ANSWERS: Final = {
    "2XX": "WebhookTaken",
    "410": "WebhookGone",
    "429": "WebhookSlower",
    "502": "WebhookSlower",
    "503": "WebhookSlower",
    "504": "WebhookSlower",
    "default": "WebhookFailed",
}
_EXAMPLE: Final = {"id": "019cd6f4-2a00-7c1e-9b43-5a1d2e3f4a5b", "timestamp": "2026-03-10T10:00:00Z"}


def document_webhooks(document: dict[str, Any], catalogue: Catalogue) -> None:
    """Adds the section and what it refers to to an OpenAPI document."""
    components = document["components"]
    kinds = list(catalogue)
    inputs: list[tuple[str, Literal["serialization"], TypeAdapter[Any]]] = [
        (each.name, "serialization", TypeAdapter(each.data)) for each in kinds
    ]
    references, definitions = TypeAdapter.json_schemas(inputs, ref_template=_COMPONENTS)
    for name, schema in definitions["$defs"].items():
        components["schemas"].setdefault(name, schema)
    components["parameters"] = {name: {"in": "header", "required": True, **header} for name, header in _HEADERS.items()}
    components["responses"] = {name: dict(response) for name, response in _RESPONSES.items()}
    document["webhooks"] = {
        each.name: {"post": _operation(each, references[each.name, "serialization"])} for each in kinds
    }


def _operation(kind: EventType, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"on_{kind.name.replace('.', '_')}",
        "summary": kind.name,
        "description": kind.description,
        "tags": ["Events"],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in _HEADERS],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _envelope(kind, data), "example": _example(kind)}},
        },
        "responses": {status: {"$ref": f"#/components/responses/{name}"} for status, name in _ANSWERS.items()},
    }


def _envelope(kind: EventType, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "type", "timestamp", "data"],
        "properties": {
            "id": _ID,
            "type": {"const": kind.name},
            "timestamp": {**_INSTANT, "description": "When it occurred."},
            "data": data,
        },
    }


def _example(kind: EventType) -> dict[str, Any]:
    return {
        "id": _EXAMPLE["id"],
        "type": kind.name,
        "timestamp": _EXAMPLE["timestamp"],
        "data": kind.example_document(),
    }
