"""A process beside this one: as long as the block, and again when it ends by itself."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from app.kernel.child_process import kept_running

# Notes its process id, and lives until its standard input ends.
NOTE = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "
OBEDIENT = NOTE + "sys.stdin.read()"
SHORT = NOTE
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + NOTE + "signal.pause(); signal.pause()"


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def noted(notes: Path) -> list[str]:
    return notes.read_text().split() if notes.exists() else []


def lives(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    return True


def test_it_ends_with_the_block(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with kept_running([sys.executable, "-c", OBEDIENT, str(notes)]):
        until(lambda: len(noted(notes)) == 1)
        (child,) = noted(notes)
        assert lives(child)
    assert not lives(child)


def test_it_is_started_again_when_it_ends_by_itself(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with kept_running([sys.executable, "-c", SHORT, str(notes)]):
        until(lambda: len(noted(notes)) == 2)
    assert len(set(noted(notes))) == 2


def test_one_that_does_not_mind_the_signal_is_killed(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with kept_running([sys.executable, "-c", STUBBORN, str(notes)], stop_seconds=0.2):
        until(lambda: len(noted(notes)) == 1)
        (child,) = noted(notes)
    assert not lives(child)
