"""A receiver in a process of its own that does as little as it can: `python -m bench.receiver PORT`.

`POST /hang` is never answered; any other POST at once. `GET /received` tells, of each path, when which event came.
"""

import asyncio
import sys
import time
from collections import defaultdict

import orjson
import uvloop

_NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


class Receiver(asyncio.Protocol):
    received: dict[str, list[tuple[str, float]]] = defaultdict(list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            request, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            whole = end + 4 + int(headers.get("content-length", 0))
            if len(self._buffer) < whole:
                return
            self._buffer = self._buffer[whole:]
            self._answer(request.split()[1], headers.get("webhook-id", ""))

    def _answer(self, path: str, event: str) -> None:
        if path == "/received":
            told = orjson.dumps(self.received)
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(told), told))
        elif path == "/count":
            told = b"%d" % sum(map(len, self.received.values()))
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(told), told))
        elif path != "/hang":
            self.received[path].append((event, time.time()))
            self._transport.write(_NO_CONTENT)


async def _run(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_run(int(sys.argv[1])))
