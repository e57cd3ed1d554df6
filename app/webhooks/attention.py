"""Which webhook endpoints need somebody's attention."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Numeric, Text, func, null, select

from app.kernel.attention import AttentionKind
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
        null().cast(Numeric).label("value"),
        null().cast(Text).label("currency"),
        func.jsonb_build_object("because", _endpoints.disabled_because).label("detail"),
    ).where(_endpoints.disabled_because.in_(sorted(_WHY))),
    _why,
    "/v1/webhook-endpoints/{id}/enable",
)
"""Those that were disabled because they failed, not by hand."""
