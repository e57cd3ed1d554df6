"""What the examples of requests name: a request type of the demo company."""

from typing import Final

from fastapi.openapi.models import Example

CREDIT_CHECK: Final = "01972fa8-1ca0-7db3-b379-5bd58c0f3da2"

REQUEST_TYPES: Final[dict[str, Example]] = {"demo": {"summary": "Finance: credit check", "value": CREDIT_CHECK}}
