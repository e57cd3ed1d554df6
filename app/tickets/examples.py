"""What the examples of requests name: tickets of the demo company that are the same on every day."""

from typing import Final

from fastapi.openapi.models import Example

OPEN: Final = "01972fa7-b328-7838-a08f-43314969d541"
LATE: Final = "01972fa7-93e8-75ad-9200-5dacb0c9c46e"
TERMS: Final = "01972fa7-9fa0-7b4e-8393-c2676bc902de"

TICKETS: Final[dict[str, Example]] = {
    "open": {"summary": "DEMO-OPEN-2, which Finance has not looked at", "value": OPEN},
    "late": {"summary": "DEMO-SHOWCASE-2, which Finance resolved two days late", "value": LATE},
}
BLOCKERS: Final[dict[str, Example]] = {"terms": {"summary": "DEMO-ABSORBED-1, of Legal", "value": TERMS}}
