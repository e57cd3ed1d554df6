"""The addresses of names, asked of the system in threads of our own: they may hang for longer than anybody waits."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from app.webhooks.wire.addresses import Address

Resolve = Callable[[str], Awaitable[Sequence[Address]]]
"""From a name to its addresses, in the order to be tried. Raises OSError when it has none."""

_THREADS = 32


class Names:
    """Resolves names as the system does (hosts file, search domains, order of families).

    At most `threads` look-ups run at a time; whoever else asks for a name that is being looked up waits for the same
    answer, so a name whose servers do not answer holds one thread. Threads are daemons: none delays the end of the
    process, and the loop's executor is not touched.
    """

    def __init__(self, threads: int = _THREADS) -> None:
        self._free = asyncio.Semaphore(threads)
        self._asked: dict[str, asyncio.Future[Sequence[Address]]] = {}

    async def __call__(self, host: str) -> Sequence[Address]:
        asked = self._asked.get(host)
        if asked is None:
            asked = self._asked[host] = asyncio.ensure_future(self._look_up(host))
            asked.add_done_callback(lambda done: self._answered(host, done))
        return await asyncio.shield(asked)

    def _answered(self, host: str, asked: asyncio.Future[Sequence[Address]]) -> None:
        del self._asked[host]
        if not asked.cancelled():
            asked.exception()  # whoever asked may have given up

    async def _look_up(self, host: str) -> Sequence[Address]:
        async with self._free:
            loop = asyncio.get_running_loop()
            found: asyncio.Future[Sequence[Address]] = loop.create_future()

            def tell(answer: Sequence[Address] | OSError) -> None:
                if found.cancelled():
                    return
                if isinstance(answer, OSError):
                    found.set_exception(answer)
                else:
                    found.set_result(answer)

            def ask() -> None:
                answer = _addresses(host)
                with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
                    loop.call_soon_threadsafe(tell, answer)

            threading.Thread(target=ask, name="webhook-names", daemon=True).start()
            return await found


def _addresses(host: str) -> Sequence[Address] | OSError:
    try:
        answers = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    except OSError as error:
        return error
    return list(dict.fromkeys(ip_address(answer[4][0]) for answer in answers))
