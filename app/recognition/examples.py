"""What the examples of requests name: a recognition of the demo company."""

from typing import Final

from fastapi.openapi.models import Example

THANKS: Final = "01972fa7-9000-7378-b63c-bbdd7606449e"

RECOGNITIONS: Final[dict[str, Example]] = {
    "demo": {"summary": "Thanks for the go-live of Albion Foods", "value": THANKS}
}
