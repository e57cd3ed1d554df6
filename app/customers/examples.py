"""What the examples of requests name: a customer of the demo company."""

from typing import Final

from fastapi.openapi.models import Example

ALBION_FOODS: Final = "01972fa7-9000-77ab-abfe-7d2b2df8c1b0"

CUSTOMERS: Final[dict[str, Example]] = {"demo": {"summary": "DEMO-C-001, Albion Foods", "value": ALBION_FOODS}}
NEW_REFERENCES: Final[dict[str, Example]] = {"new": {"summary": "A customer to make", "value": "CRM-1042"}}
