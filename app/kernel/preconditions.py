"""`If-Match`: a change is made only to the version that the caller has seen."""

import re
from typing import Annotated

from fastapi import Depends, Header

from app.kernel.problems import Invalid, Stale

_TAG = re.compile(r'(?:W/)?"?(\d{1,10})"?')  # a proxy that compresses weakens the tag; the version is the same


async def expected_versions(
    if_match: Annotated[
        str | None,
        Header(
            max_length=200,
            description="The `ETag` that was read; 412 when the resource has another version by now.",
            examples=['"1"'],
            json_schema_extra={"pattern": r'^(\*|(W/)?"?\d{1,10}"?)$'},
        ),
    ] = None,
) -> frozenset[int] | None:
    """The versions that the caller accepts; None when any will do."""
    if if_match is None or if_match.strip() == "*":
        return None
    versions = [_TAG.fullmatch(part.strip()) for part in if_match.split(",")]
    if not all(versions):
        raise Invalid.field("header:if-match", 'must be an ETag as it was answered, such as "3", or *.')
    return frozenset(int(version.group(1)) for version in versions if version)


IfMatch = Annotated[frozenset[int] | None, Depends(expected_versions)]


def require_version(expected: frozenset[int] | None, present: int) -> None:
    """Refuses a change to another version than the caller has seen.

    Raises:
        Stale: the present version is none of those expected.
    """
    if expected is not None and present not in expected:
        raise Stale(f"The present version is {present}.", version=present)
