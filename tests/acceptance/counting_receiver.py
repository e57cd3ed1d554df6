"""A receiver in a process of its own: counts how often each endpoint got each event, and refuses what is not signed.

`python -m tests.acceptance.counting_receiver PORT SECRET`; `POST /<endpoint>` receives, `GET /counts` tells.
"""

import asyncio
import sys
from collections import Counter

import orjson
import uvloop
from standardwebhooks import Webhook, WebhookVerificationError


class CountingReceiver:
    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                request, *lines = head.decode("latin-1").strip().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, answer = self._answer(request.split()[1], headers, body)
                writer.write(b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status, len(answer), answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[bytes, bytes]:
        if path == "/counts":
            told = [[endpoint, event, count] for (endpoint, event), count in self.counts.items()]
            return b"200 OK", orjson.dumps({"counts": told, "refused": self.refused})
        try:
            self._webhook.verify(body, headers, json_parse=False)
        except WebhookVerificationError:
            self.refused += 1
            return b"401 Unauthorized", b""
        self.counts[path.removeprefix("/"), headers["webhook-id"]] += 1
        return b"204 No Content", b""


async def _run(port: int, secret: str) -> None:
    server = await asyncio.start_server(CountingReceiver(secret).serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_run(int(sys.argv[1]), sys.argv[2]))
