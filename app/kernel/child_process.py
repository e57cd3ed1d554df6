"""A process beside this one: it lives as long, is started again when it ends, and never outlives this one."""

import multiprocessing
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.kernel.telemetry import log

_STEADY_SECONDS = 60
_LONGEST_PAUSE_SECONDS = 60


@contextmanager
def kept_running(command: Sequence[str], *, stop_seconds: float = 20) -> Iterator[None]:
    """Runs the command until the block ends, and again, after a growing pause, whenever it ends by itself.

    Its standard input is a pipe on which nothing comes; it must end when that does, so that it also goes when this
    process is killed. At the end of the block it gets SIGTERM, and SIGKILL when it hasn't gone in time.
    """
    child = _Child(command)
    keeper = threading.Thread(target=child.keep, name="child process", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        child.stop()
        keeper.join(stop_seconds)
        if keeper.is_alive():
            child.kill()
            keeper.join()


def end_with_parent() -> None:
    """Sees to it that this process, if `multiprocessing` started it, gets SIGTERM when the one that did is gone."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent process", daemon=True).start()


class _Child:
    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._stopping = threading.Event()

    def keep(self) -> None:
        pause = 1
        while not self._stopping.is_set():
            began = time.monotonic()
            status = self._run()
            if self._stopping.is_set():
                return
            if time.monotonic() - began > _STEADY_SECONDS:
                pause = 1
            told = {"process": self._command[1:], "status": status, "again_in_seconds": pause}
            log.error("a process beside this one ended", **told)
            self._stopping.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _run(self) -> int | str:
        """Its exit status, or why it could not be started."""
        try:
            process = self._start()
        except OSError as error:
            return str(error)
        return process.wait() if process is not None else 0

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
