"""Load from a process of its own: N keep-alive connections that each ask again as soon as they are answered."""

import asyncio
import sys
import time
from dataclasses import dataclass

import orjson
import uvloop


@dataclass(frozen=True)
class Load:
    """One kind of request: to whom, what, how long."""

    port: int
    method: str
    path: str
    seconds: float
    connections: int = 16
    body: str = ""
    key: str = ""

    def request(self) -> bytes:
        head = [f"{self.method} {self.path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {self.key}"]
        if self.body:
            head += ["Content-Type: application/json", f"Content-Length: {len(self.body.encode())}"]
        return ("\r\n".join(head) + "\r\n\r\n" + self.body).encode()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(length)
    return int(head[9:12])


async def _connection(load: Load, until: float, latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
    request = load.request()
    while time.perf_counter() < until:
        began = time.perf_counter()
        status = await _ask(reader, writer, request)
        if status >= 400:
            raise RuntimeError(f"{load.method} {load.path} was answered with {status}")
        latencies.append(time.perf_counter() - began)
    writer.close()


async def run(load: Load) -> dict[str, float]:
    """Requests per second, and the median and 99th percentile of the latency in milliseconds."""
    latencies: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*[_connection(load, began + load.seconds, latencies) for _ in range(load.connections)])
    seconds = time.perf_counter() - began
    ordered = sorted(latencies)
    return {
        "per_second": len(ordered) / seconds,
        "p50_ms": ordered[len(ordered) // 2] * 1e3,
        "p99_ms": ordered[int(len(ordered) * 0.99)] * 1e3,
    }


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(uvloop.run(run(Load(**orjson.loads(sys.argv[1]))))))
