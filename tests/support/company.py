"""Which tests one worker runs together, because they share what takes long to make and ends with the last of them."""

from functools import cache
from pathlib import PurePath
from typing import Any, cast

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
# The fixtures of a whole session that end with the company: three idle services and a broker take a tenth of a core.
_ENDS_WITH = {
    "a system under its supervisor": "supervised",
    "the system behind the door": "system",
    "parts that may be killed": "mortal_cluster",
}


def company_of(nodeid: str) -> str:
    return _company_of_file(nodeid.partition("::")[0])


@cache
def _company_of_file(name: str) -> str:
    file = PurePath(name)
    found = [_SHARED[str(place)] for place in (file, *file.parents) if str(place) in _SHARED]
    return found[0] if found else name


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Companies first, each without a stranger between; what sorts after this keeps that order."""
    items.sort(key=lambda item: (item.nodeid.startswith(company := company_of(item.nodeid)), company))


class _InCompany(LoadScopeScheduling):
    """Hands out whole groups. xdist's own `loadgroup` would do, but finds no group with this pytest."""

    def _split_scope(self, nodeid: str) -> str:
        return company_of(nodeid)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Function, nextitem: pytest.Item | None) -> None:
    """As at the session's end, which is minutes away; a test that asks for it all the same has it made anew."""
    company = company_of(item.nodeid)
    if nextitem is not None and company in _ENDS_WITH and company_of(nextitem.nodeid) != company:
        for fixture in item.session._fixturemanager.getfixturedefs(_ENDS_WITH[company], item) or ():
            fixture.finish(cast("Any", item._request))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return _InCompany(config, log)
