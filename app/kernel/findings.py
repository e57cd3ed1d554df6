"""What validation found, in words and with JSON pointers: pydantic's messages speak of Python, callers send JSON."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.kernel.problems import FieldError, Invalid, Malformed, Problem, pointer_to

MOST_ERRORS = 100
"""How many places with a mistake an answer names; a body of a mebibyte can have a hundred thousand."""
_IN_DETAIL = 3

_WORDS: dict[str, str] = {
    "missing": "is missing.",
    "extra_forbidden": "is not known here.",
    "string_type": "must be a string.",
    "int_type": "must be a whole number.",
    "int_from_float": "must be a whole number.",
    "int_parsing": "must be a whole number.",
    "int_parsing_size": "must be a whole number of at most 64 bits.",
    "float_type": "must be a number.",
    "float_parsing": "must be a number.",
    "bool_type": "must be true or false.",
    "bool_parsing": "must be true or false.",
    "list_type": "must be an array.",
    "dict_type": "must be an object.",
    "model_type": "must be an object.",
    "model_attributes_type": "must be an object.",
}
_LIMITS: dict[str, str] = {
    "greater_than_equal": "must be at least {ge}.",
    "greater_than": "must be more than {gt}.",
    "less_than_equal": "must be at most {le}.",
    "less_than": "must be less than {lt}.",
    "literal_error": "must be {expected}.",
    "string_pattern_mismatch": "must match {pattern}.",
}
_LENGTHS: dict[str, tuple[str, str]] = {
    "string_too_short": ("min_length", "character"),
    "string_too_long": ("max_length", "character"),
    "too_short": ("min_length", "item"),
    "too_long": ("max_length", "item"),
}


def from_validation(error: RequestValidationError | ValidationError) -> Problem:
    """Pydantic's findings as one problem; the first `MOST_ERRORS` are named."""
    findings: Sequence[Mapping[str, Any]] = error.errors()
    if isinstance(error, ValidationError):
        findings = [{**finding, "loc": ("body", *finding["loc"])} for finding in findings]
    if any(finding["type"] == "json_invalid" for finding in findings):
        reason = findings[0].get("ctx", {}).get("error", "not JSON")
        return Malformed(f"The body is not valid JSON: {reason}.")
    # What a parameter's value says is read by the endpoint, and by what it needs.
    findings = list({(finding["loc"], finding["msg"]): finding for finding in findings}.values())
    errors = [FieldError(_pointer(finding["loc"]), in_words(finding)) for finding in findings[:MOST_ERRORS]]
    told = [f"{error.pointer}: {error.detail}" if error.pointer else f"The body {error.detail}" for error in errors]
    if len(findings) > _IN_DETAIL:
        told = [*told[:_IN_DETAIL], f"And {len(findings) - _IN_DETAIL:,} more."]
    return Invalid(" ".join(told), errors=errors)


def in_words(finding: Mapping[str, Any]) -> str:
    """The rule that one of pydantic's findings stands for, as the rest of a sentence about the field."""
    kind, context = finding["type"], finding.get("ctx") or {}
    if kind in _WORDS:
        return _WORDS[kind]
    if kind in _LIMITS:
        return _LIMITS[kind].format_map({name: _plain(value) for name, value in context.items()})
    if kind in _LENGTHS:
        return _length(*_LENGTHS[kind], context, of_text=isinstance(finding.get("input"), str))
    message = str(finding["msg"]).removeprefix("Value error, ")
    return message if message.endswith(".") else message + "."


def _plain(value: object) -> object:
    return f"{value:g}" if isinstance(value, float) else value


def _length(bound: str, unit: str, context: Mapping[str, Any], *, of_text: bool) -> str:
    length, unit = context[bound], "character" if of_text else unit
    if bound == "min_length" and length == 1:
        return "must not be empty."
    bounded = "at least" if bound == "min_length" else "at most"
    return f"must have {bounded} {length} {unit}{'s' if length > 1 else ''}."


_PREFIXES: dict[str, Callable[[Sequence[str | int]], str]] = {
    "body": pointer_to,
    "query": lambda path: "?" + ".".join(map(str, path)),
}


def _pointer(location: Sequence[str | int]) -> str:
    origin, *path = location
    prefixed = _PREFIXES.get(str(origin))
    return prefixed(path) if prefixed else f"{origin}:{'.'.join(map(str, path))}"
