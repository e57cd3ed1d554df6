"""A process beside this one: it lives as long, is started again when it ends, and never outlives this one."""

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.kernel.telemetry import log

_STOP_SECONDS = 20
_STEADY_SECONDS = 60
_LONGEST_PAUSE_SECONDS = 60


@contextmanager
def kept_running(command: Sequence[str]) -> Iterator[None]:
    """Runs the command until the block ends, and again, after a growing pause, whenever it ends by itself.

    Its standard input is a pipe on which nothing comes; it must end when that does, so that it also goes when this
    process is killed. At the end of the block it gets SIGTERM, and SIGKILL when it hasn't gone after 20 seconds.
    """
    child = _Child(command)
    keeper = threading.Thread(target=child.keep, name="child process", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        child.stop()
        keeper.join(_STOP_SECONDS)
        if keeper.is_alive():
            child.kill()
            keeper.join()


class _Child:
    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._stopping = threading.Event()

    def keep(self) -> None:
        pause = 1
        while (process := self._start()) is not None:
            began = time.monotonic()
            status = process.wait()
            if self._stopping.is_set():
                return
            pause = 1 if time.monotonic() - began > _STEADY_SECONDS else pause
            log.error("the background work ended", status=status, again_in_seconds=pause)
            self._stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._turn:
            if self._stopping.is_set():
                return None
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
            return self._process

    def stop(self) -> None:
        self._stopping.set()
        with self._turn:
            if self._process is not None:
                self._process.terminate()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
