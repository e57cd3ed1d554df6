"""What Swagger UI offers to send to the engine."""

from typing import Any, Final

GRAPHS: Final[dict[str, Any]] = {
    "primary and reactionary": {
        "summary": "Primary and reactionary",
        "description": "Finance is late; Operations is late only because of Finance.",
        "value": {
            "commitment": {
                "owner": "Sales",
                "promised_at": "2026-03-02T09:00:00Z",
                "due_at": "2026-03-07T09:00:00Z",
                "delivered_at": "2026-03-09T09:00:00Z",
            },
            "tickets": [
                {
                    "id": "T1",
                    "requester": "Sales",
                    "provider": "Operations",
                    "opened_at": "2026-03-02T09:00:00Z",
                    "acknowledged_at": "2026-03-02T15:00:00Z",
                    "due_at": "2026-03-07T09:00:00Z",
                    "resolved_at": "2026-03-09T09:00:00Z",
                },
                {
                    "id": "T2",
                    "requester": "Operations",
                    "provider": "Finance",
                    "opened_at": "2026-03-03T09:00:00Z",
                    "acknowledged_at": "2026-03-07T09:00:00Z",
                    "due_at": "2026-03-06T09:00:00Z",
                    "resolved_at": "2026-03-08T09:00:00Z",
                    "blocks": ["T1"],
                },
            ],
        },
    },
    "still open": {
        "summary": "Still open, passed on, and waiting for the customer",
        "description": "Seen from `now`: Support passed it on to Operations, which waited two days for the customer.",
        "value": {
            "commitment": {
                "owner": "Sales",
                "promised_at": "2026-03-02T09:00:00Z",
                "due_at": "2026-03-06T09:00:00Z",
            },
            "tickets": [
                {
                    "id": "T1",
                    "requester": "Sales",
                    "provider": "Operations",
                    "opened_at": "2026-03-02T09:00:00Z",
                    "due_at": "2026-03-06T09:00:00Z",
                    "legs": [
                        {
                            "department": "Support",
                            "started_at": "2026-03-02T09:00:00Z",
                            "acknowledged_at": "2026-03-03T09:00:00Z",
                        },
                        {"department": "Operations", "started_at": "2026-03-05T09:00:00Z"},
                    ],
                    "waits": [{"on": "customer", "from": "2026-03-06T09:00:00Z", "to": "2026-03-08T09:00:00Z"}],
                }
            ],
            "now": "2026-03-09T09:00:00Z",
        },
    },
}
