"""What the examples of requests name: a suggestion of the demo company that is open."""

from typing import Final

from fastapi.openapi.models import Example

CREDIT_FIRST: Final = "01972fa7-9000-7bb9-bf21-1f9c0565fc0e"

SUGGESTIONS: Final[dict[str, Example]] = {
    "demo": {"summary": "To check credit before the order", "value": CREDIT_FIRST}
}
