"""What a process remembers of states: whatever is read and heard meanwhile, the newest is what the tables say."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.unit.changes import Snapshot
from shared.web import states as states_module
from shared.web.states import States

KEY = ("order", "a")


@dataclass
class Tables:
    """An order as the database has it: its version, and uses of its tickets that no version tells of."""

    version: int = 0
    uses: int = 0
    said: list[Snapshot | None] = field(default_factory=list[Snapshot | None])

    def read(self) -> Snapshot:
        return Snapshot(self.version, f"{self.version} {self.uses}".encode())

    def change(self) -> None:
        """As long as nobody can have used a ticket, a change says what it led to."""
        self.version += 1
        self.said.append(None if self.uses else self.read())

    def use(self) -> None:
        self.uses += 1
        self.said.append(None)


STEPS = st.lists(st.sampled_from(["change", "use", "hear", "begin", "end", "again"]), max_size=40)


@given(STEPS)
def test_when_everything_was_heard_the_newest_state_is_that_of_the_tables(steps: list[str]) -> None:
    tables, states = Tables(), States()
    reading: list[tuple[int, Snapshot]] = []
    heard: list[Snapshot] = []
    for step in [*steps, *["hear"] * 40, *["end"] * 40]:
        match step:
            case "change":
                tables.change()
            case "use":
                tables.use()
            case "hear" if tables.said:
                snapshot = tables.said.pop(0)
                heard += [] if snapshot is None else [snapshot]
                states.hear(KEY, snapshot)
            case "again" if heard and not tables.uses:
                states.hear(KEY, heard[0])
            case "begin":
                reading.append((states.heard, tables.read()))
            case "end" if reading:
                since, found = reading.pop(0)
                states.keep(KEY, found, since)
            case _:
                pass

    async def read() -> Snapshot:
        return tables.read()

    assert asyncio.run(states.newest(KEY, read)) == tables.read()


async def test_what_is_known_is_not_read_and_what_is_not_is_read_once() -> None:
    states, reads = States(), 0

    async def read() -> Snapshot:
        nonlocal reads
        reads += 1
        return Snapshot(7, b"7")

    states.hear(KEY, Snapshot(6, b"6"))
    assert (await states.newest(KEY, read)).version == 6
    states.hear(KEY, None)
    assert [(await states.newest(KEY, read)).version for _ in range(3)] == [7, 7, 7]
    assert reads == 1


async def test_what_changes_while_it_is_read_is_read_again() -> None:
    states, versions = States(), iter([1, 2])

    async def read() -> Snapshot:
        version = next(versions)
        if version == 1:
            states.hear(KEY, None)
        return Snapshot(version, b"")

    assert (await states.newest(KEY, read)).version == 2


def test_no_crowd_of_keys_makes_it_grow_and_none_that_was_given_up_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states_module, "_MOST", 3)
    states = States()
    since = states.heard
    for number in range(10):
        states.hear(("order", f"known {number}"), Snapshot(1, b""))
        states.hear(("order", f"forgotten {number}"), None)
    assert len(states._known) == len(states._forgotten) == 3
    # That this key was forgotten meanwhile is itself forgotten.
    assert not states.keep(("order", "forgotten 0"), Snapshot(1, b""), since)
