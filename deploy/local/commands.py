"""What `./run` knows: each command, its forms, the packages it needs, where its work is. Standard library only."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.settings import SERVICES as SERVICES_WITH_PORTS

SERVICES = tuple(SERVICES_WITH_PORTS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One command. Without forms it reads its options by itself.

    is_demo_unless_set: it is for trying things out. speaks_to_the_system: it finds what `./run up` started.
    """

    does: str
    module: str
    forms: Sequence[str] = ("",)
    packages: str = "run"
    is_demo_unless_set: bool = False
    speaks_to_the_system: bool = False

    def work(self) -> Callable[[list[str]], int]:
        """What it does, given the words behind the command; imported only now."""
        main: Callable[[list[str]], int] = importlib.import_module(self.module).main
        return main


def _player(does: str, module: str, forms: Sequence[str] = ()) -> Entry:
    return Entry(does, module, forms, is_demo_unless_set=True, speaks_to_the_system=True)


COMMANDS: Mapping[str, Entry] = {
    "up": Entry(
        "Starts everything here and prints the addresses; Ctrl-C stops it. --apart: each service as processes that"
        " serve, consume and relay, two of each, as on several machines.",
        "deploy.local.up",
        ("[--apart]",),
        is_demo_unless_set=True,
    ),
    "demo": _player("Plays one family, one short transfer and one homestay evening.", "deploy.simulator.demo", ("",)),
    "simulate": _player("A seeded load through the public doors.", "deploy.simulator.load"),
    "bank": _player("The simulated bank's own commands.", "deploy.simulator.__main__"),
    "logs": Entry("Follows what the parts write, all of them or those named.", "deploy.local.logs", ("[<part>...]",)),
    "test": Entry(
        "Every check and every test, on real parts; with arguments, pytest alone.",
        "deploy.tools.checks",
        ("...",),
        "test",
    ),
    "test-long": Entry(
        "Every test at full length: all examples, ten minutes of chaos in both shapes; half an hour.",
        "deploy.tools.long_checks",
        packages="test",
    ),
    "test-fast": Entry("Lint, types and the tests that need no server.", "deploy.tools.fast_checks", packages="test"),
    "types": Entry(
        "The second opinion on types that CI asks for too (pyright).", "deploy.tools.second_types", packages="test"
    ),
    "bench": Entry("One table of measurements, each beside its limit.", "tests.bench.__main__", (), "test"),
    "secrets": Entry(
        "Writes missing secrets, here or into a folder for containers.", "deploy.local.secrets", ("[<folder>]",)
    ),
    "vendor": Entry("Fetches the scripts that pages take from others.", "deploy.local.vendor"),
    "reset": Entry("Removes all local data, after asking; --yes does not ask.", "deploy.local.reset", ("[--yes]",)),
}
