"""What every test may use, how long it may take, and in which order and company tests run."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

pytest_plugins = ["tests.support.fixtures"]

# A property is about what holds, never about time: a loaded machine draws slowly and is not at fault.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# A test that waits for what never comes fails where it waits; longer than the longest, the chaos run.
_LIMIT_S = 240
# Where two run side by side, the chaos run has pure tests beside it rather than a browser that waits for an answer.
_ORDER = ("chaos", "property", "unit", "contract", "architecture", "e2e", "integration")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests stay together, and all tests of the browser: what they share is made once."""
    folders = {item: item.path.relative_to(item.config.rootpath / "tests").parts[0] for item in items}
    items.sort(key=lambda item: _ORDER.index(folders[item]))
    for item in items:
        item.add_marker(pytest.mark.xdist_group("e2e" if folders[item] == "e2e" else str(item.path)))
        if isinstance(item, pytest.Function) and iscoroutinefunction(item.obj) and not is_hypothesis_test(item.obj):
            item.obj = _within_limit(item.obj)


def _within_limit(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @wraps(test)
    async def run(*arguments: object, **named: object) -> None:
        async with asyncio.timeout(_LIMIT_S):
            await test(*arguments, **named)

    return run
