"""What a key that stands for a member takes from the directory, which lies above: it is given by whoever wires both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one member, in any statement: whether they are here (null: there is no such member), and their departments."""

    is_here: ColumnElement[Any]
    department_ids: ColumnElement[Any]


StandingOf: TypeAlias = Callable[[ColumnElement[UUID]], Standing]
"""The standing of the member whose id an expression is."""
