"""What the examples of requests name: promises of the demo company that are the same on every day."""

from typing import Final

from fastapi.openapi.models import Example

LATE: Final = "01972fa7-9000-78d6-83cb-7b582a4bb70b"
OPEN: Final = "01972fa7-a388-7ae9-a72f-edf18d1a94f0"

_LATE: Final[Example] = {"summary": "DEMO-SHOWCASE, delivered two days late", "value": LATE}
_OPEN: Final[Example] = {"summary": "DEMO-OPEN, not delivered", "value": OPEN}

COMMITMENTS: Final[dict[str, Example]] = {"late": _LATE, "open": _OPEN}
OPEN_COMMITMENTS: Final[dict[str, Example]] = {"open": _OPEN}
