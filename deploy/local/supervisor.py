"""Keeps the parts running: starts them in order, restarts a dead one with backoff, stops them in reverse order."""

import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import FrameType

from deploy.console import say, step
from deploy.local.process import DidNotHappen
from deploy.local.service import Part

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
# What ends by its own fault does so within seconds. Who is killed once a minute must not be away for half of it.
STEADY_AFTER_S = 10.0
LOOK_EVERY_S = 0.3
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(BaseException):
    """Somebody asked us to end, by Ctrl-C or a signal."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Parts that start side by side once every earlier stage is ready, and what is done right after."""

    headline: str
    parts: Sequence[Part]
    then: Callable[[], None] = lambda: None


@dataclass(slots=True)
class _Watched:
    part: Part
    pause_s: float = FIRST_PAUSE_S
    started_at: float = field(default_factory=time.monotonic)
    restart_at: float | None = None


def supervise(stages: Sequence[Stage], on_ready: Callable[[], None]) -> None:
    """Run everything until somebody asks to end it; nothing is left running afterwards, whatever happened."""
    handlers = {number: signal.signal(number, _ask) for number in ENDING}
    try:
        for stage in stages:
            with step(stage.headline):
                for part in stage.parts:
                    part.start()
                for part in stage.parts:
                    part.wait_ready()
                stage.then()
        on_ready()
        _watch([part for stage in stages for part in stage.parts])
    except StopAsked:
        say("\nStopping ...")
    finally:
        _be_deaf()
        _stop(stages)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _ask(_number: int, _frame: FrameType | None) -> None:
    _be_deaf()
    raise StopAsked


def _be_deaf() -> None:
    """The end comes in bounded time; a second Ctrl-C must not leave half of the parts behind."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _watch(parts: Sequence[Part]) -> None:
    watched = [_Watched(part) for part in parts]
    while True:
        for one in watched:
            _look_after(one, time.monotonic())
        time.sleep(LOOK_EVERY_S)


def _look_after(one: _Watched, now: float) -> None:
    """Restart the part when it is dead and its pause is over; the pause doubles until it stays up for a while."""
    if one.part.is_alive():
        if now - one.started_at > STEADY_AFTER_S:
            one.pause_s = FIRST_PAUSE_S
        return
    if one.restart_at is None:
        say(
            f"{one.part.name} stopped; starting it again in {one.pause_s:.0f} s. It said: {one.part.last_words()[:200]}"
        )
        one.restart_at = now + one.pause_s
        one.pause_s = min(one.pause_s * 2, LONGEST_PAUSE_S)
    elif now >= one.restart_at:
        one.started_at, one.restart_at = now, None
        try:
            one.part.start()
        except (DidNotHappen, OSError) as error:
            say(f"{one.part.name} could not be started: {error}")


def _stop(stages: Sequence[Stage]) -> None:
    with ThreadPoolExecutor() as pool:
        for stage in reversed(stages):
            for part, stopped in [(part, pool.submit(part.stop)) for part in stage.parts]:
                if (error := stopped.exception()) is not None:
                    say(f"{part.name} could not be stopped: {error}")
