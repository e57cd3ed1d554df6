"""When something may be said to have happened."""

from datetime import datetime

from app.access.roles import Actor, Permission
from app.kernel.problems import Forbidden, Invalid


def moment(stated: datetime | None, now: datetime, actor: Actor, pointer: str) -> datetime:
    """The instant of an action: as stated, else now.

    Raises:
        Invalid: it lies in the future.
        Forbidden: it is another than now and the key may not backdate.
    """
    if stated is None or stated == now:
        return now
    if stated > now:
        raise Invalid.field(pointer, f"lies in the future: it is {now.isoformat().replace('+00:00', 'Z')} now.")
    if not actor.may(Permission.BACKDATE):
        raise Forbidden(f"{pointer}: another instant than now needs the permission '{Permission.BACKDATE}'.")
    return stated
