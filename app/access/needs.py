"""What an endpoint needs, as types in its signature."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from app.access.roles import Actor, Permission
from app.kernel.problems import Forbidden


def needs(permission: Permission) -> Callable[[Request], Awaitable[Actor]]:
    """The dependency that gives the actor, or refuses one without the permission."""

    async def actor(request: Request) -> Actor:  # async: a plain function would be sent to a thread
        present: Actor = request.state.actor
        if not present.may(permission):
            raise Forbidden(f"This needs the permission '{permission}', which the key {present.name!r} does not have.")
        return present

    actor.__name__ = f"needs_{permission}"
    return actor


Reader = Annotated[Actor, Depends(needs(Permission.READ))]
"""In an endpoint's signature: whoever may read."""
Writer = Annotated[Actor, Depends(needs(Permission.WRITE))]
"""In an endpoint's signature: whoever may change something."""
WebhookKeeper = Annotated[Actor, Depends(needs(Permission.WEBHOOKS))]
"""In an endpoint's signature: whoever may look after webhook endpoints, which get whatever happens."""
Administrator = Annotated[Actor, Depends(needs(Permission.ADMINISTER))]
"""In an endpoint's signature: whoever may administer."""
