"""What an endpoint needs, as types in its signature.

`Reader` and `Writer` are of the whole company: a key that stands for a member has neither. An endpoint that such a key
may use says so with one of the types that begin with `Own`, and answers for `actor.own` alone where that is stated. The
directory and the catalogue are everybody's own.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from app.access.roles import Actor, Permission
from app.kernel.problems import Forbidden


def needs(*permissions: Permission) -> Callable[[Request], Awaitable[Actor]]:
    """The dependency that gives the actor, or refuses one that has none of the permissions."""

    async def actor(request: Request) -> Actor:  # async: a plain function would be sent to a thread
        present: Actor = request.state.actor
        if present.permissions.isdisjoint(permissions):
            needed = " or ".join(f"'{permission}'" for permission in permissions)
            raise Forbidden(f"This needs the permission {needed}, which the key {present.name!r} does not have.")
        return present

    actor.__name__ = "needs_" + "_or_".join(permissions)
    return actor


Reader = Annotated[Actor, Depends(needs(Permission.READ))]
"""In an endpoint's signature: whoever may read everything."""
OwnReader = Annotated[Actor, Depends(needs(Permission.READ, Permission.READ_OWN))]
"""In an endpoint's signature: whoever may read, if only what is their own."""
Writer = Annotated[Actor, Depends(needs(Permission.WRITE))]
"""In an endpoint's signature: whoever may change anything."""
OwnWriter = Annotated[Actor, Depends(needs(Permission.WRITE, Permission.WRITE_OWN))]
"""In an endpoint's signature: whoever may change something, if only what is their own."""
OwnLead = Annotated[Actor, Depends(needs(Permission.WRITE, Permission.LEAD_OWN))]
"""In an endpoint's signature: whoever may decide for a department, if only for their own."""
OwnLeadReader = Annotated[Actor, Depends(needs(Permission.READ, Permission.LEAD_OWN))]
"""In an endpoint's signature: whoever may read what a department's lead decides on, if only that of their own."""
WebhookKeeper = Annotated[Actor, Depends(needs(Permission.WEBHOOKS))]
"""In an endpoint's signature: whoever may look after webhook endpoints, which get whatever happens."""
Administrator = Annotated[Actor, Depends(needs(Permission.ADMINISTER))]
"""In an endpoint's signature: whoever may administer."""
