"""Departments, members and calendars on the wire."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from app.kernel.paging import Listing
from app.kernel.schemas import Email, Id, Instant, Key, Name, Schema, left_out

RESERVED_KEYS = frozenset({"customer", "third_party"})

MemberRole = Literal["admin", "lead", "member", "analyst"]


def _not_reserved(key: str) -> str:
    if key.lower() in RESERVED_KEYS:
        raise ValueError(f"must not be one of the reserved keys {', '.join(sorted(RESERVED_KEYS))}")
    return key


DepartmentKey = Annotated[Key, AfterValidator(_not_reserved)]


class DepartmentByKey(Schema):
    """What the department with the key in the address should be."""

    name: Name = Field(examples=["Finance"])
    parent_id: Id | None = Field(None, description="The department it is part of.")
    calendar_id: Id | None = Field(None, description="The business hours it keeps.")
    manager_id: Id | None = Field(None, description="The member who leads it.")


class DepartmentDraft(DepartmentByKey):
    """A department to make."""

    key: DepartmentKey


class DepartmentChange(Schema):
    """What to change; what is left out stays."""

    key: DepartmentKey = left_out()
    name: Name = left_out()
    parent_id: Id | None = None
    calendar_id: Id | None = None
    manager_id: Id | None = None


@dataclass(frozen=True, slots=True)
class Department:
    """An organisational unit: requester or provider of tickets."""

    id: Id
    version: int
    key: str
    name: str
    parent_id: Id | None
    calendar_id: Id | None
    manager_id: Id | None
    created_at: Instant
    updated_at: Instant


class DepartmentListing(Listing):
    """The query of the list of departments."""

    key: str | None = None
    name: str | None = None
    parent_id: Id | None = None
    calendar_id: Id | None = None
    manager_id: Id | None = None


class MemberByEmail(Schema):
    """What the member with the address should be."""

    name: Name = Field(examples=["Ada Okafor"])
    department_ids: list[Id] = Field([], max_length=50, description="The first one is the member's main department.")
    role: MemberRole = "member"


class MemberDraft(MemberByEmail):
    """A member to make."""

    email: Email = Field(examples=["ada.okafor@example.com"])


class MemberChange(Schema):
    """What to change; what is left out stays."""

    email: Email = left_out()
    name: Name = left_out()
    department_ids: list[Id] = left_out(max_length=50)
    role: MemberRole = left_out()


@dataclass(frozen=True, slots=True)
class Member:
    """A person in the organisation."""

    id: Id
    version: int
    email: str
    name: str
    role: str
    department_ids: list[Id]
    left_at: Instant | None
    created_at: Instant
    updated_at: Instant
