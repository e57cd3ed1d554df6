"""What an SLA does by itself when a clock has used a share of its target. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

Id = TypeVar("Id")


class Do(StrEnum):
    """What can be done."""

    NOTIFY = "notify"
    RAISE_PRIORITY = "raise_priority"
    REASSIGN = "reassign"
    OPEN_TICKET = "open_ticket"


@dataclass(frozen=True, slots=True)
class Escalation(Generic[Id]):
    """What is done when the clock of a metric has used the fraction `at` of its target; at 1, when it is breached.

    To notify and to reassign name a member or a department, to raise the priority which it is to be.
    """

    metric: str
    at: float
    do: Do
    member_id: Id | None = None
    department_id: Id | None = None
    priority: str | None = None

    def document(self) -> dict[str, Any]:
        """As an SLA states it, ids as strings."""
        stated: dict[str, Any] = {"metric": self.metric, "at": self.at, "do": self.do.value}
        for name in ("member_id", "department_id"):
            if (value := getattr(self, name)) is not None:
                stated[name] = str(value)
        if self.priority is not None:
            stated["priority"] = self.priority
        return stated
