"""Who may do what. Pure: roles, permissions, and the actor of a request.

`GRANTED` is the one table of what a role may. What an endpoint needs stands in its signature (`needs`); one that says
only `Reader` or `Writer` is about the whole company, and so is refused to a key that stands for a member.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


class Permission(StrEnum):
    READ = "read"
    WRITE = "write"
    BACKDATE = "backdate"
    WEBHOOKS = "webhooks"
    ADMINISTER = "administer"
    READ_OWN = "read_own"
    WRITE_OWN = "write_own"
    LEAD_OWN = "lead_own"


class Role(StrEnum):
    ADMIN = "admin"
    LEAD = "lead"
    MEMBER = "member"
    ANALYST = "analyst"
    INTEGRATION = "integration"


_OF_THE_COMPANY = frozenset(
    {Permission.READ, Permission.WRITE, Permission.BACKDATE, Permission.WEBHOOKS, Permission.ADMINISTER}
)
_OF_A_MEMBER = frozenset({Permission.READ_OWN, Permission.WRITE_OWN})

GRANTED: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: _OF_THE_COMPANY,
    Role.LEAD: _OF_A_MEMBER | {Permission.LEAD_OWN},
    Role.MEMBER: _OF_A_MEMBER,
    Role.ANALYST: frozenset({Permission.READ}),
    Role.INTEGRATION: frozenset(),
}
"""What a role grants by itself; an integration gets only what its key states. What ends in `_own` is of what concerns
the member whom the key stands for, and their departments."""

OF_MEMBERS = frozenset({Role.LEAD, Role.MEMBER})
"""The roles whose keys stand for a member."""


@dataclass(frozen=True, slots=True)
class Own:
    """Whose own things a key is about: a member, and the departments they belong to now."""

    member_id: UUID
    department_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose request it is: the key, what it may do, and the member it stands for, if any."""

    key_id: UUID
    name: str
    role: Role
    permissions: frozenset[Permission]
    department_ids: frozenset[UUID] = frozenset()
    member_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.role in OF_MEMBERS) != (self.member_id is not None):
            raise ValueError(f"a key of the role {self.role} that stands for the member {self.member_id}")

    @property
    def own(self) -> Own | None:
        """What a key that stands for a member is about; None: it is about the company."""
        return None if self.member_id is None else Own(self.member_id, self.department_ids)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def speaks_for(self, department_id: UUID | None) -> bool:
        """Whether it may say something as that department: its own, or any when it is tied to none."""
        return department_id in self.department_ids or (self.own is None and not self.department_ids)

    def document(self) -> dict[str, Any]:
        """As events and the history name the actor."""
        told = {"type": "api_key", "id": self.key_id, "name": self.name}
        return told if self.member_id is None else told | {"member_id": self.member_id}


def permissions_of(role: Role, stated: frozenset[Permission]) -> frozenset[Permission]:
    """What a key may do: its role's permissions and those stated on it."""
    return GRANTED[role] | stated
