"""Programs that run beside us: started with a log and a pid file, found again after a crash, stopped for sure.

A pid file holds the pid and the kernel's start time of the process, so a recycled pid is never taken for ours.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path


class DidNotHappen(Exception):
    """A condition was waited for and did not come true in time."""


def wait_until(condition: Callable[[], bool], within_s: float, what: str) -> None:
    """Return once the condition holds; raise DidNotHappen when it does not within the time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() >= deadline:
            raise DidNotHappen(f"{what} (waited {within_s:.0f} s)")
        time.sleep(0.03)


def started_ticks(pid: int) -> int | None:
    """Kernel start time of a living process, in clock ticks since boot; None for a dead one or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The program's name stands in brackets and may hold blanks, so count from the last bracket on.
    after_name = stat.rpartition(")")[2].split()
    return None if after_name[0] in "ZX" else int(after_name[19])


def own_age_s() -> float:
    """Seconds since this process began, also as the shell or the installer that it was before."""
    ticks = started_ticks(os.getpid())
    assert ticks is not None
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def living_pid(pid_file: Path) -> int | None:
    """The pid that the file names, if that very process still lives."""
    try:
        pid, ticks = (int(word) for word in pid_file.read_text(encoding="ascii").split())
    except (FileNotFoundError, ValueError):
        return None
    return pid if started_ticks(pid) == ticks else None


def processes_in(folder: Path) -> list[int]:
    """Pids of the processes whose working folder is this one."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == folder:
                    found.append(int(entry.name))
            except OSError:
                continue
    return [pid for pid in found if started_ticks(pid) is not None]


def end_recorded(pid_file: Path, asked: signal.Signals, within_s: float) -> None:
    """End the process that the file names, by SIGKILL if it does not go in time; remove the file."""
    if (pid := living_pid(pid_file)) is not None:
        _signal(pid, asked)
        try:
            wait_until(lambda: living_pid(pid_file) is None, within_s, f"process {pid} ends")
        except DidNotHappen:
            _signal(pid, signal.SIGKILL)
            wait_until(lambda: living_pid(pid_file) is None, 10, f"process {pid} ends when killed")
    pid_file.unlink(missing_ok=True)


# A program tied to us ends with the *thread* that started it (prctl PR_SET_PDEATHSIG), so one thread that lives as long
# as the process starts them all.
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="starter")


@dataclass(slots=True)
class Program:
    """One long-running program and, once started, its process.

    survives_us: keeps running when we end; otherwise the kernel sends it stop_signal at our death, even by SIGKILL.
    """

    name: str
    command: Sequence[str]
    log: Path
    pid_file: Path
    folder: Path
    prefix: Sequence[str] = ()  # a change of user; it would undo the tie to us, so it goes before that
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 15.0
    survives_us: bool = False
    _child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program; one left over from an earlier, killed starter is stopped first."""
        self.stop()
        for path in (self.log, self.pid_file):
            path.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches only us, and we stop the parts in order.
            self._child = _STARTER.submit(
                subprocess.Popen[bytes],
                [*self.prefix, *self._tied_to_us(), *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **self.env},
                start_new_session=True,
            ).result()
        self.pid_file.write_text(f"{self._child.pid} {started_ticks(self._child.pid) or 0}\n", encoding="ascii")

    def _tied_to_us(self) -> list[str]:
        setpriv = shutil.which("setpriv")
        if self.survives_us or setpriv is None:
            return []
        return [setpriv, "--pdeathsig", self.stop_signal.name.removeprefix("SIG"), "--"]

    def pid(self) -> int | None:
        """Pid of the living process, also of one that an earlier run of ours started."""
        if self._child is not None:
            self._child.poll()  # reaps it, so that a dead child is no zombie
        return living_pid(self.pid_file)

    def stop(self) -> None:
        """Ask the program to stop, insist after stop_within_s, and return when its process is gone."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """End the program as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, asked: signal.Signals) -> None:
        end_recorded(self.pid_file, asked, self.stop_within_s)
        if self._child is not None:
            self._child.poll()

    def last_words(self) -> str:
        """Last line of the log that says something; a stack trace's lines are indented and say little."""
        try:
            tail = self.log.read_bytes()[-20000:].decode(errors="replace")
        except FileNotFoundError:
            return ""
        lines = [line for line in tail.splitlines() if line.strip() and not line.startswith((" ", "\t"))]
        return lines[-1].strip() if lines else ""


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        # Killing takes the program's helpers along: each program is the head of its own process group.
        (os.killpg if number is signal.SIGKILL else os.kill)(pid, number)
    except ProcessLookupError:
        return
