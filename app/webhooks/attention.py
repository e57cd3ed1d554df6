"""Which webhook endpoints need somebody's attention."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select

from app.kernel.attention import NO_VALUE, NOBODY, Act, AttentionKind
from app.webhooks.tables import webhook_endpoints

_WHY: Final = {
    "gone": "The receiver answered that it is gone (410), so nothing is delivered to it any more.",
    "failing": "Nothing could be delivered for five days, so it was given up.",
}


def _why(detail: Mapping[str, Any]) -> str:
    return _WHY[detail["because"]]


_endpoints = webhook_endpoints.c

DEAD_ENDPOINTS = AttentionKind(
    "webhook_endpoint_dead",
    "webhook_endpoint",
    select(
        _endpoints.id,
        _endpoints.disabled_at.label("since"),
        _endpoints.disabled_at.label("rank"),
        *NO_VALUE,
        *(NOBODY.label(name) for name in ("customer_id", "department_id", "member_id")),
        func.jsonb_build_object("because", _endpoints.disabled_because).label("detail"),
    ).where(_endpoints.disabled_because.in_(sorted(_WHY))),
    _why,
    lambda id_, _: Act(f"/v1/webhook-endpoints/{id_}/enable"),
)
"""Those that were disabled because they failed, not by hand."""
