"""What the examples of requests name: an SLA of the demo company."""

from typing import Final

from fastapi.openapi.models import Example

CREDIT_CHECKS: Final = "01972fa7-ce80-7bfb-b879-501f6f972c1f"

SLAS: Final[dict[str, Example]] = {"demo": {"summary": "Finance: credit checks", "value": CREDIT_CHECKS}}
