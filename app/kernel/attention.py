"""What needs somebody's attention: each capability says which of its own things do, and what to do about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select


@dataclass(frozen=True, slots=True)
class AttentionKind:
    """One kind of what needs attention.

    `statement` selects `id` (of the subject), `since`, `value` (numeric), `currency` (both may be null), and `detail`
    (JSON) for `why`, which tells it in a sentence. `act` is the path of the POST that helps, with `{id}` in it.
    """

    name: str
    subject: str
    statement: Select[Any]
    why: Callable[[Mapping[str, Any]], str]
    act: str

    def path(self, id_: UUID) -> str:
        return self.act.format(id=id_)
