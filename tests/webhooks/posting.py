"""One post to a receiver that does as a test says."""

from ipaddress import ip_network

from app.webhooks.wire.addresses import Rules
from app.webhooks.wire.transport import Answer, Limits, Transport
from tests.webhooks.raw import Behaviour, Line, receiving

HERE = Rules(allow_private=(ip_network("127.0.0.0/8"),))
QUICK = Limits(connect_seconds=0.2, total_seconds=0.4)
PATIENT = Limits(connect_seconds=30, total_seconds=60)
BODY = b'{"id": "1"}'
HEADERS = {"Content-Type": "application/json", "webhook-id": "1"}


async def posted(transport: Transport, behaviour: Behaviour) -> Answer:
    async with receiving(behaviour) as raw:
        return await transport.post(raw.url(), HEADERS, BODY)


def sends(*parts: bytes) -> Behaviour:
    """Reads one request, sends the parts, and closes."""

    async def behave(line: Line) -> None:
        await line.request()
        for part in parts:
            await line.send(part)

    return behave


def failed(answer: Answer) -> str | None:
    """The error of what is no answer."""
    assert answer.status_code is None
    assert answer.body is None
    return answer.error
