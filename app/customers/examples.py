"""What the examples of requests name: a customer of the demo company, who serves it, a promise to it, and what it said
of that."""

from typing import Final

from fastapi.openapi.models import Example

ALBION_FOODS: Final = "01972fa7-9000-77ab-abfe-7d2b2df8c1b0"
ALBIONS_COMMITMENT: Final = "01972fa7-9000-78d6-83cb-7b582a4bb70b"
ALBIONS_ACCOUNT_OWNER: Final = "01972fa7-9000-7b30-954f-501dbc865811"
DISAPPOINTMENT: Final = "01972fa7-9000-7ad0-ad5d-fabf94d3bb10"

CUSTOMERS: Final[dict[str, Example]] = {"demo": {"summary": "DEMO-C-001, Albion Foods", "value": ALBION_FOODS}}
NEW_REFERENCES: Final[dict[str, Example]] = {"new": {"summary": "A customer to make", "value": "CRM-1042"}}
OUTCOMES: Final[dict[str, Example]] = {
    "demo": {"summary": "What Albion Foods said of its late go-live", "value": DISAPPOINTMENT}
}
RELATIONSHIPS: Final[dict[str, Example]] = {
    "demo": {"summary": "The account owner of Albion Foods", "value": ALBIONS_ACCOUNT_OWNER}
}
