"""What the examples of events show of the organisation: departments and members of the demo company."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from app.directory import examples
from app.directory.schemas import Department, Member

_SINCE: Final = datetime(2025, 6, 2, 7, tzinfo=UTC)
_HEAD_OFFICE: Final = UUID(examples.HEAD_OFFICE)


def _department(id_: str, key: str, name: str) -> Department:
    return Department(UUID(id_), 1, key, name, None, _HEAD_OFFICE, None, _SINCE, _SINCE)


def _member(id_: str, name: str, department: Department) -> Member:
    email = f"{name.lower().replace(' ', '.')}@meridian.example"
    return Member(UUID(id_), 1, email, name, "member", [department.id], None, _SINCE, _SINCE)


SALES: Final = _department(examples.SALES, "SALES", "Sales")
OPERATIONS: Final = _department(examples.OPERATIONS, "OPS", "Operations")
FINANCE: Final = _department(examples.FINANCE, "FIN", "Finance")
LEGAL: Final = _department(examples.LEGAL, "LEGAL", "Legal")
ADA: Final = _member("01972fa7-9000-73a7-baf4-b060f67b5164", "Ada Adeyemi", SALES)
AMARA: Final = _member(examples.SELLER, "Amara Eriksen", SALES)
LUCA: Final = _member("01972fa7-edc0-7bda-b67c-40466d81645e", "Luca Fofana", OPERATIONS)
DEEPA: Final = _member(examples.DEEPA_KAYA, "Deepa Kaya", FINANCE)
