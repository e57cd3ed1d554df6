"""What validation found is told in words that a caller of the API understands, with JSON pointers."""

from typing import Annotated, Any, Literal

import httpx
import pytest
from pydantic import Field, TypeAdapter, ValidationError

from app.kernel.findings import MOST_ERRORS, from_validation
from app.kernel.schemas import Schema


class Thing(Schema):
    name: Annotated[str, Field(min_length=1, max_length=3)] = "x"
    number: Annotated[int, Field(ge=1, le=5)] = 1
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    kind: Literal["a", "b"] = "a"
    flag: bool = True
    many: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    by_key: dict[str, int] = {}


def said(given: object, of: Any = Thing) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(of).validate_python(given)
    return [(error.pointer, error.detail) for error in from_validation(caught.value).errors]


@pytest.mark.parametrize(
    ("given", "pointer", "detail"),
    [
        ({"name": 1}, "/name", "must be a string."),
        ({"name": ""}, "/name", "must not be empty."),
        ({"name": "four"}, "/name", "must have at most 3 characters."),
        ({"number": "1"}, "/number", "must be a whole number."),
        ({"number": 1.5}, "/number", "must be a whole number."),
        ({"number": 0}, "/number", "must be at least 1."),
        ({"number": 6}, "/number", "must be at most 5."),
        ({"share": 0}, "/share", "must be more than 0."),
        ({"share": 1.0}, "/share", "must be less than 1."),
        ({"kind": "c"}, "/kind", "must be 'a' or 'b'."),
        ({"flag": "yes"}, "/flag", "must be true or false."),
        ({"many": []}, "/many", "must not be empty."),
        ({"many": [1, 2, 3]}, "/many", "must have at most 2 items."),
        ({"many": {}}, "/many", "must be an array."),
        ({"by_key": []}, "/by_key", "must be an object."),
        ({"by_key": {"a/b~": "x"}}, "/by_key/a~1b~0", "must be a whole number."),
        ({"nmae": "x"}, "/nmae", "is not known here."),
        ([], "", "must be an object."),
    ],
)
def test_each_rule_is_told_in_words(given: object, pointer: str, detail: str) -> None:
    assert said(given) == [(pointer, detail)]


def test_a_body_with_countless_mistakes_gets_a_short_answer() -> None:
    with pytest.raises(ValidationError) as caught:
        Thing.model_validate({f"x{number}": 1 for number in range(5_000)})
    problem = from_validation(caught.value)
    assert len(problem.errors) == MOST_ERRORS
    assert problem.detail.endswith("And 4,997 more.")


async def test_a_missing_body_is_said_to_be_missing(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/customers")
    assert (response.status_code, response.json()["detail"]) == (422, "The body is missing.")
    assert response.json()["errors"] == [{"pointer": "", "detail": "is missing."}]


async def test_parameters_are_told_by_where_they_are(client: httpx.AsyncClient) -> None:
    queried = await client.get("/v1/customers", params={"limit": "many"})
    assert queried.json()["errors"] == [{"pointer": "?limit", "detail": "must be a whole number."}]
    addressed = await client.get("/v1/customers/12")
    assert [error["pointer"] for error in addressed.json()["errors"]] == ["path:customer_id"]
