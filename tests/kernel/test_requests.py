"""What an address, a method, a media type and a body must be, whatever is asked: told on one resource, true of all."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

CUSTOMER = {"external_ref": "C-1", "name": "Acme"}
JSON = {"Content-Type": "application/json"}


async def stored(client: httpx.AsyncClient) -> int:
    return len((await client.get("/v1/customers")).json()["items"])


def pointers(response: httpx.Response) -> list[str]:
    return [error["pointer"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    "media",
    ["text/plain", "application/x-www-form-urlencoded", "application/xml", "garbage;;", "application/jsonp", ""],
)
async def test_a_body_that_is_said_to_be_no_json_is_refused_as_that(client: httpx.AsyncClient, media: str) -> None:
    response = await client.post("/v1/customers", content=json.dumps(CUSTOMER), headers={"Content-Type": media})
    assert (response.status_code, response.json()["type"]) == (415, "/problems/unsupported-media-type")
    assert "application/json" in response.json()["detail"]
    assert await stored(client) == 0


async def test_a_body_without_a_media_type_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/customers", content=json.dumps(CUSTOMER))
    assert response.status_code == 415
    assert "no Content-Type" in response.json()["detail"]


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.crm+json"])
async def test_any_kind_of_json_is_understood(client: httpx.AsyncClient, media: str) -> None:
    response = await client.post("/v1/customers", content=json.dumps(CUSTOMER), headers={"Content-Type": media})
    assert response.status_code == 201


async def test_a_compressed_body_is_refused_as_that(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/customers", content=b"\x1f\x8b", headers=JSON | {"Content-Encoding": "gzip"})
    assert (response.status_code, response.json()["detail"]) == (
        415,
        "Send the body as it is, without a Content-Encoding.",
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":',
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b'{"name": NaN}',
        b'{"name": 1e400}',
        b"[" * 5_000 + b"]" * 5_000,
        '{"name": "x"}'.encode("utf-16"),
    ],
    ids=["cut off", "no UTF-8", "half a character", "NaN", "beyond a double", "nested 5,000 deep", "UTF-16"],
)
async def test_what_is_no_json_is_malformed(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post("/v1/customers", content=body, headers=JSON)
    assert (response.status_code, response.json()["type"]) == (400, "/problems/malformed-request")


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_of_two_mebibytes_is_too_large(client: httpx.AsyncClient, chunked: bool) -> None:
    body = json.dumps(CUSTOMER | {"notes": "x" * 2 * 2**20}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 2**16):
            yield body[start : start + 2**16]

    response = await client.post("/v1/customers", content=pieces() if chunked else body, headers=JSON)
    assert (response.status_code, response.json()["detail"]) == (413, "Send at most 1 MiB.")
    assert await stored(client) == 0


async def test_a_nul_is_refused_with_the_pointer_to_it(client: httpx.AsyncClient) -> None:
    nested = await client.post("/v1/customers", json=CUSTOMER | {"preferences": {"a/b": ["x", "\0"]}})
    assert (nested.status_code, pointers(nested)) == (422, ["/preferences/a~1b/1"])
    named = await client.post("/v1/customers", json=CUSTOMER | {"\0": 1})
    assert (named.status_code, named.json()["detail"]) == (422, "The body must not contain NUL characters.")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("name=a%00b", "?name"), ("name=%FF", "?name"), ("name=%ED%A0%80", "?name"), ("limit=1&name=x&limit=2", "?limit")],
    ids=["a NUL", "no UTF-8", "half a character", "stated twice"],
)
async def test_a_query_is_text_and_states_each_parameter_once(
    client: httpx.AsyncClient, query: str, pointer: str
) -> None:
    response = await client.get(f"/v1/customers?{query}")
    assert (response.status_code, pointers(response)) == (422, [pointer])


@pytest.mark.parametrize("path", ["a%00b", "%FF%FE", "%ED%A0%80"], ids=["a NUL", "no UTF-8", "half a character"])
async def test_a_path_is_text(client: httpx.AsyncClient, path: str) -> None:
    response = await client.put(f"/v1/customers/by-ref/{path}", json={"name": "Acme"})
    assert (response.status_code, pointers(response)) == (422, ["path"])
    assert await stored(client) == 0


@pytest.mark.parametrize("ref", ["a/b", "a b", "☃", "a?b#c", "100%", "..", "a\\b"])
async def test_a_natural_key_of_any_characters_can_be_encoded_in_a_path(client: httpx.AsyncClient, ref: str) -> None:
    encoded = "".join(f"%{byte:02X}" for byte in ref.encode())
    made = await client.put(f"/v1/customers/by-ref/{encoded}", json={"name": "Acme"})
    assert (made.status_code, made.json()["external_ref"]) == (201, ref)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/customers", "GET, HEAD, POST"),
        ("/v1/customers/0198f3d2-6f3a-7c1e-9b43-5a1d2e3f4a5b", "GET, HEAD, PATCH"),
        ("/v1/tickets/batch", "POST"),
        ("/healthz", "GET, HEAD"),
        ("/docs", "GET, HEAD"),
    ],
)
async def test_a_method_that_is_not_offered_gets_those_that_are(
    client: httpx.AsyncClient, path: str, allowed: str
) -> None:
    for method in ("DELETE", "OPTIONS", "TRACE"):
        response = await client.request(method, path)
        assert (response.status_code, response.headers["Allow"]) == (405, allowed)
        assert response.json()["type"] == "/problems/method-not-allowed"


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT"])
async def test_the_batch_is_no_ticket(client: httpx.AsyncClient, method: str) -> None:
    assert (await client.request(method, "/v1/tickets/batch", json={})).status_code == 405


@pytest.mark.parametrize("path", ["/v1/customers", "/healthz", "/docs", "/openapi.json", "/v1/nothing"])
async def test_head_answers_as_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    got, headed = await client.get(path), await client.head(path)
    assert (headed.status_code, headed.content) == (got.status_code, b"")
    assert headed.headers["Content-Length"] == got.headers["Content-Length"]
