"""`If-Match`: a change is made only to the version that the caller has seen."""

import re
from typing import Annotated

from fastapi import Depends, Header

from app.kernel.problems import Invalid, Stale

_BESIDE = "(/[0-9A-Za-z.+-]*)?"  # what a tag tells beside the version; whoever changes something need not have seen it
_ONE = rf'(W/)?"?[0-9]{{1,10}}{_BESIDE}"?'
# A proxy that compresses weakens the tag; the version is the same.
_TAG = re.compile(rf'(?:W/)?"?(?P<version>[0-9]{{1,10}}){_BESIDE}"?')


async def expected_versions(
    if_match: Annotated[
        str | None,
        Header(
            max_length=200,
            description='The `ETag` that was read, such as `"3"`; 412 when the resource has another version by now. '
            "`*` is any version.",
            json_schema_extra={"pattern": rf"^(\*|{_ONE}( *, *{_ONE})*)$"},
        ),
    ] = None,
) -> frozenset[int] | None:
    """The versions that the caller accepts, none for any one that is there; None when the caller does not say."""
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return frozenset()
    versions = [_TAG.fullmatch(part.strip()) for part in if_match.split(",")]
    if not all(versions):
        raise Invalid.field("header:if-match", 'must be an ETag as it was answered, such as "3", or *.')
    return frozenset(int(version["version"]) for version in versions if version)


IfMatch = Annotated[frozenset[int] | None, Depends(expected_versions)]


def require_version(expected: frozenset[int] | None, present: int) -> None:
    """Refuses a change to another version than the caller has seen.

    Raises:
        Stale: the present version is none of those expected.
    """
    if expected and present not in expected:
        raise Stale(f"The present version is {present}.", version=present)


def require_none_expected(expected: frozenset[int] | None) -> None:
    """Refuses to make what the caller says to have seen.

    Raises:
        Stale: some version was expected.
    """
    if expected is not None:
        raise Stale("There is none yet; without If-Match it would be made.", version=None)
