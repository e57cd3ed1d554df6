"""Who may do what. Pure: roles, permissions, and the actor of a request."""

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


class Role(StrEnum):
    ADMIN = "admin"
    LEAD = "lead"
    MEMBER = "member"
    ANALYST = "analyst"
    INTEGRATION = "integration"


GRANTED: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.ANALYST: frozenset({Permission.READ}),
    Role.INTEGRATION: frozenset(),
}
"""What a role grants by itself; an integration gets only what its key states."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose request it is: the key, what it may do, and the member it stands for, if any."""

    key_id: UUID
    name: str
    role: Role
    permissions: frozenset[Permission]
    department_ids: frozenset[UUID] = frozenset()

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def document(self) -> dict[str, Any]:
        """As events and the history name the actor."""
        return {"type": "api_key", "id": self.key_id, "name": self.name}


def permissions_of(role: Role, stated: frozenset[Permission]) -> frozenset[Permission]:
    """What a key may do: its role's permissions and those stated on it."""
    return GRANTED[role] | stated
