"""Links to a page that a browser opens without a key: sealed, short-lived, and dead with the key that made them.

A browser sends no bearer header, and a key has no place in an address. So whoever may see a scorecard asks for a link
to its page. The link says, under the service's own seal, whose scorecard of which period it shows, until when, and on
whose behalf; nobody can make or change one. It stands in the query of the address, which is not logged.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import orjson

from app.kernel.answers import to_json
from app.kernel.sealing import Seal, Unsealable

LASTS: Final = timedelta(minutes=15)
_ABOUT: Final = b"scorecard page"


class DeadLink(Exception):
    """The link shows nothing: it expired, or is none that this service made."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a link shows, until when, and which key it was made with."""

    type: Literal["department", "member"]
    id: UUID
    start: datetime
    end: datetime
    key_id: UUID
    expires_at: datetime


def link_to(shown: Shown, seal: Seal) -> str:
    """The link, which fits into the query of an address."""
    return urlsafe_b64encode(seal.seal(to_json(shown), _ABOUT)).rstrip(b"=").decode()


def shown_by(link: str, seal: Seal, now: datetime) -> Shown:
    """What a link shows.

    Raises:
        DeadLink: it shows nothing, or nothing any more.
    """
    try:
        sealed = urlsafe_b64decode(link.encode("ascii") + b"=" * (-len(link) % 4))
        told: dict[str, Any] = orjson.loads(seal.open(sealed, _ABOUT))
    except (UnicodeEncodeError, NotBase64, Unsealable) as error:
        raise DeadLink("This service made no such link.") from error
    instants = {name: datetime.fromisoformat(told[name]) for name in ("start", "end", "expires_at")}
    shown = Shown(told["type"], UUID(told["id"]), key_id=UUID(told["key_id"]), **instants)
    if shown.expires_at <= now:
        raise DeadLink("This link has expired.")
    return shown
