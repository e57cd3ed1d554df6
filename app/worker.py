"""What runs by itself: every duty there is, and the process that does them."""

import asyncio
import os
import signal
import sys
import threading
from contextlib import AbstractContextManager
from functools import partial

import uvloop

from app.attention.attention import patience_of
from app.attention.watching import WATCH, watch
from app.digests.telling import DIGESTS, tell_digests
from app.kernel.background import Duty, Worker
from app.kernel.child_process import kept_running
from app.kernel.jobs import Jobs
from app.kernel.telemetry import configure_logging, log
from app.main import opened_database
from app.metrics.objective_watch import look_at_objective
from app.ripple.forecasting.forecast_duty import LookAhead
from app.ripple.keeping.keeping import Keeping
from app.ripple.keeping.marking import Marking
from app.ripple.reports.days import PuttingDaysTogether
from app.service_levels import objectives
from app.settings import Settings
from app.suggestions.measuring import measure_effect
from app.suggestions.suggestions import EFFECT
from app.tickets.alarms.alarms import Alarms
from app.tickets.escalations.escalating import escalate
from app.tickets.setting_going import ESCALATION
from app.webhooks.fan_out.fanning_out import FanOut
from app.webhooks.fan_out.replaying import RECOVERY, REPLAY, bring_back, replay
from app.webhooks.log.retention import Retention
from app.webhooks.sending.dispatching import dispatch


def duties(settings: Settings) -> list[Duty]:
    """Everything that runs by itself. Each has a loop of its own, so none waits for another."""
    return [
        Alarms(),
        Jobs(ESCALATION, escalate),
        Jobs(objectives.LOOK, look_at_objective),
        Marking(),
        Keeping(),
        LookAhead(),
        Jobs(WATCH, partial(watch, patience=patience_of(settings))),
        Jobs(EFFECT, measure_effect),
        Jobs(DIGESTS, tell_digests),
        FanOut(),
        dispatch(settings),
        Jobs(REPLAY, replay),
        Jobs(RECOVERY, bring_back),
        PuttingDaysTogether(),
        Retention(settings.deliveries_kept_days),
    ]


def run_worker(settings: Settings, *, until_stdin_ends: bool = False) -> None:
    """Does the background work until SIGTERM or SIGINT, or until standard input ends.

    With `until_stdin_ends` it is part of another process, which also is who minds SIGINT.
    """
    configure_logging(settings.log_format)
    # Before the loop handles signals, one ends the process by an exit, which lets the database be stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if until_stdin_ends:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings, until_stdin_ends))


async def _work(settings: Settings, until_stdin_ends: bool) -> None:
    async with opened_database(settings) as database:
        wanted = duties(settings)
        worker = Worker(database, wanted)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, worker.stop)
        if until_stdin_ends:
            threading.Thread(target=_await_end_of_stdin, args=(loop, worker), daemon=True).start()
        else:
            loop.add_signal_handler(signal.SIGINT, worker.stop)
        log.info("the background work runs", duties=[duty.name for duty in wanted])
        await worker.run()
        log.info("the background work has stopped")


def _await_end_of_stdin(loop: asyncio.AbstractEventLoop, worker: Worker) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    loop.call_soon_threadsafe(worker.stop)


def worker_beside() -> AbstractContextManager[None]:
    """The background work in a process of its own, for as long as the block, or this process, lives."""
    return kept_running([sys.executable, "-m", "app.cli", "worker", "--until-stdin-ends"])
