"""How webhook endpoints do, in a line for whoever runs the service."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.webhooks.tables import webhook_endpoints

_endpoints = webhook_endpoints.c
_dead = _endpoints.disabled_because.in_(("gone", "failing"))
_CONDITION = select(
    func.count().filter(_endpoints.status == "enabled").label("enabled"),
    func.count().filter(_endpoints.status == "enabled", _endpoints.failing_since.is_not(None)).label("failing"),
    func.count().filter(_dead).label("dead"),
    func.min(_endpoints.id.cast(_endpoints.url.type)).filter(_dead).label("such_as"),
)


async def condition(connection: AsyncConnection) -> tuple[bool, str]:
    """Whether no endpoint disabled itself, and how many there are of which kind. Costs one statement."""
    found = (await connection.execute(_CONDITION)).one()
    says = f"{found.enabled} enabled, {found.failing} of them failing"
    if not found.dead:
        return True, says
    mend = f"once its receiver answers, POST /v1/webhook-endpoints/{found.such_as}/enable"
    return False, f"{says}; {found.dead} disabled because they failed, such as {found.such_as}: {mend}, or DELETE it"
