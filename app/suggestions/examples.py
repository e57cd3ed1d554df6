"""What the examples of requests name: a suggestion of the demo company that is open."""

from typing import Final

from fastapi.openapi.models import Example

CREDIT_FIRST: Final = "00000000-0000-7000-8000-000000000001"

SUGGESTIONS: Final[dict[str, Example]] = {
    "demo": {"summary": "To check credit before the order", "value": CREDIT_FIRST}
}
