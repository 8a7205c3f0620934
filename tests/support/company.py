"""Which tests one worker runs together, because they share what takes long to make."""

from pathlib import PurePath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Of folders and files, by what they share; any other file keeps its own tests together.
_SHARED = {
    "tests/chaos": "a system under its supervisor",
    "tests/bench": "a system under its supervisor",
    "tests/e2e/payments": "the system behind the door",
    "tests/e2e/platform": "the system behind the door",
    "tests/e2e/ticketing/test_desk.py": "the system behind the door",
    "tests/e2e/ticketing/test_visitor.py": "the system behind the door",
    "tests/integration/durability": "parts that may be killed",
}


class _InCompany(LoadScopeScheduling):
    """Hands out whole groups. xdist's own `loadgroup` would do, but finds no group with this pytest."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePath(nodeid.partition("::")[0])
        found = [_SHARED[str(place)] for place in (file, *file.parents) if str(place) in _SHARED]
        return found[0] if found else str(file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return _InCompany(config, log)
