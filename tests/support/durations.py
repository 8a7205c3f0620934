"""At the end of a run: which tests took longest, and how long each folder took in all."""

from collections import defaultdict

import pytest

SHOWN = 40
_WORTH_A_LINE_S = 0.1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counts what a test waits for before and after it too: the first to need a part pays for its start."""
    whole: dict[str, float] = defaultdict(float)
    own: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                whole[report.nodeid] += report.duration
                if report.when == "call":
                    own[report.nodeid] += report.duration
    slow = sorted((item for item in whole.items() if item[1] >= _WORTH_A_LINE_S), key=lambda item: -item[1])
    if len(whole) < 2 or not slow:
        return
    terminalreporter.section(f"the slowest {min(SHOWN, len(slow))} of {len(whole)} tests")
    for nodeid, seconds in slow[:SHOWN]:
        around = f", {seconds - own[nodeid]:.1f} of it before and after" if seconds - own[nodeid] >= 1 else ""
        terminalreporter.write_line(f"{seconds:7.1f} s  {nodeid.removeprefix('tests/')}{around}")
    terminalreporter.section("seconds by folder")
    for folder, (count, seconds) in _by_folder(whole).items():
        terminalreporter.write_line(f"{seconds:7.1f} s  {count:5} tests  {folder}")
    terminalreporter.write_line(f"{sum(whole.values()):7.1f} s  {len(whole):5} tests  all")


def _by_folder(whole: dict[str, float]) -> dict[str, tuple[int, float]]:
    """Tests and seconds of each folder, the longest first."""
    found: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for nodeid, seconds in whole.items():
        folder = nodeid.partition("::")[0].rpartition("/")[0].removeprefix("tests/")
        count, sum_s = found[folder]
        found[folder] = (count + 1, sum_s + seconds)
    return dict(sorted(found.items(), key=lambda item: -item[1][1]))
