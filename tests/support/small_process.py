"""The small service as processes of their own: its roles and its commands."""

import asyncio
import os
import signal
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from uuid import uuid4

from tests.support.forks import NOWHERE, fork, wait_for
from tests.support.spine import Spine, environment_of


@dataclass(slots=True)
class Started:
    """The small service as a process of its own, and the file of what it says."""

    process: ForkServerProcess
    said: Path

    async def ends(self) -> int:
        return await asyncio.to_thread(wait_for, self.process)

    async def is_told(self, number: signal.Signals) -> int:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)
        return await self.ends()

    async def has_started(self) -> bool:
        """Whether the service said so: from then on it heeds signals."""
        assert self.process.is_alive()
        return '"started"' in self.said.read_text()


class SmallService:
    """tests/support/small_service.py beside the test, on the database and topics of the spine's speaker."""

    def __init__(self, spine: Spine, folder: Path) -> None:
        self._environment = os.environ | environment_of(spine.speaker.settings)
        self._folder = folder

    def start(self, *arguments: str, **extra: str) -> Started:
        said = self._folder / uuid4().hex
        said.touch()
        environment = self._environment | extra
        return Started(
            fork("tests.support.small_service", *arguments, env=environment, output=said, errors=NOWHERE), said
        )

    async def run(self, *arguments: str, **extra: str) -> tuple[int, str]:
        started = self.start(*arguments, **extra)
        return await started.ends(), started.said.read_text()
