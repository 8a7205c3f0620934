"""What every test may use, how long it may take, and in which order and company tests run."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from tests.support.scope import LIMIT_S, examples

pytest_plugins = ["tests.support.fixtures", "tests.support.durations"]

# A property is about what holds, never about time: a loaded machine draws slowly and is not at fault.
settings.register_profile(
    "untimed", deadline=None, max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")

# The longest come first, so that two workers end together; what waits for a browser has the other's company.
_ORDER = ("chaos", "bench", "e2e", "integration", "property", "unit", "contract", "architecture")
# The whole system as processes, a cluster whose parts may be killed, and the two together.
_MADE_ONCE = ("supervised", "system", "mortal_cluster")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests stay together, and all tests of one running system: what they share is made once."""
    items.sort(key=lambda item: _ORDER.index(_kind(item)))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
        if _kind(item) == "e2e":
            # A browser lives in the loop that started it, and starting one takes seconds.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if isinstance(item, pytest.Function) and iscoroutinefunction(item.obj) and not is_hypothesis_test(item.obj):
            item.obj = _within_limit(item.obj)


def _kind(item: pytest.Item) -> str:
    return item.path.relative_to(item.config.rootpath / "tests").parts[0]


def _group(item: pytest.Item) -> str:
    """Those that ask for one thing that is made once a worker, and that takes long to make."""
    assert isinstance(item, pytest.Function)
    shared = [name for name in _MADE_ONCE if name in item.fixturenames]
    return shared[0] if shared else str(item.path)


def _within_limit(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @wraps(test)
    async def run(*arguments: object, **named: object) -> None:
        async with asyncio.timeout(LIMIT_S):
            await test(*arguments, **named)

    return run
