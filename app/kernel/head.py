"""HEAD: what GET would answer, without its body (RFC 9110 asks it of every server)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEAD = "outward.head"


def is_head(scope: Scope) -> bool:
    """Whether only the head of the answer is wanted: an answer without an end must know."""
    return _HEAD in scope


class HeadAsGet:
    """Lets a HEAD be answered by whatever answers GET at that address, and keeps the body back."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET", _HEAD: True}, receive, without_body)
