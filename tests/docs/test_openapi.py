"""The OpenAPI document, as a person meets it in Swagger UI and a tool reads it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import validate
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import TypeAdapter

from app.main import EVENT_TYPES, TAGS, create_app
from app.settings import Settings

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(Settings(_env_file=None)).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def within(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from within(inner)


def test_every_operation_is_summed_up_and_described(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert len(operation["summary"]) <= 60, (method, path)
        assert operation["description"].rstrip()[-1] in ".:?", (method, path)


def test_operation_ids_are_unique_and_in_snake_case(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", each) for each in ids)


def test_every_operation_has_one_of_the_tags_that_are_described(document: dict[str, Any]) -> None:
    described = {tag["name"] for tag in TAGS}
    assert {tag for _, _, operation in operations(document) for tag in operation["tags"]} == described


def test_every_parameter_is_described_and_never_null(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (method, path, parameter["name"])
            assert "anyOf" not in parameter["schema"], (method, path, parameter["name"])


def test_every_refusal_is_a_problem_with_an_example(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], (method, path, status)
                assert response["content"]["application/problem+json"]["examples"], (method, path, status)


def test_what_needs_a_key_says_so_and_what_refuses_one(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        needs_key = path not in ("/healthz", "/readyz")
        assert ("security" in operation) == needs_key, (method, path)
        assert {"401", "403", "422"} <= operation["responses"].keys() or not needs_key, (method, path)


def test_every_post_takes_an_idempotency_key_and_every_change_a_precondition(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        assert ("Idempotency-Key" in names) == (method == "post"), (method, path)
        if method in ("patch", "put", "delete"):
            assert "If-Match" in names, (method, path)
            assert "412" in operation["responses"], (method, path)


def test_what_is_made_says_where_it_is(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if "201" in operation["responses"]:
            assert {"Location", "ETag"} <= operation["responses"]["201"]["headers"].keys(), (method, path)


def test_schemas_have_names_that_a_person_would_give_them(document: dict[str, Any]) -> None:
    assert [name for name in document["components"]["schemas"] if not re.fullmatch("([A-Z][a-z]+)+", name)] == []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/{kind}/{name}" for kind, named in document["components"].items() for name in named}
    assert {part["$ref"] for part in within(document) if isinstance(part.get("$ref"), str)} <= known


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_type_of_event_is_a_webhook_whose_example_is_valid(document: dict[str, Any]) -> None:
    assert list(document["webhooks"]) == [kind.name for kind in EVENT_TYPES]
    for name, entry in document["webhooks"].items():
        assert entry["post"]["description"].rstrip()[-1] in ".:?`", name
        body = entry["post"]["requestBody"]["content"]["application/json"]
        validate({**body["schema"], "components": document["components"]}, body["example"])
        assert body["example"]["type"] == name


def test_a_webhooks_schemas_are_those_of_the_answers(document: dict[str, Any]) -> None:
    told = [(kind.name, "serialization", TypeAdapter(kind.data)) for kind in EVENT_TYPES]
    _, definitions = TypeAdapter.json_schemas(told, ref_template="#/components/schemas/{model}")
    schemas = document["components"]["schemas"]
    assert [name for name, schema in definitions["$defs"].items() if schemas[name] != schema] == []


def test_a_webhook_states_its_headers_and_what_answers_mean(document: dict[str, Any]) -> None:
    parameters = document["components"]["parameters"]
    for name, entry in document["webhooks"].items():
        headers = [parameters[header["$ref"].rpartition("/")[2]]["name"] for header in entry["post"]["parameters"]]
        assert headers == ["webhook-id", "webhook-timestamp", "webhook-signature"], name
        assert {"2XX", "410", "429", "default"} <= entry["post"]["responses"].keys(), name
