"""What the examples of requests name: a recognition of the demo company."""

from typing import Final

from fastapi.openapi.models import Example

THANKS: Final = "00000000-0000-7000-8000-000000000000"

RECOGNITIONS: Final[dict[str, Example]] = {
    "demo": {"summary": "Thanks for the go-live of Albion Foods", "value": THANKS}
}
