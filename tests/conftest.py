"""What every test may use, how long it may take, and in which order tests run."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from tests.support.scope import IS_LONG, LIMIT_S, SLICE, examples

pytest_plugins = [
    *("tests.support.fixtures", "tests.support.company", "tests.support.collecting", "tests.support.durations"),
]

# A property is about what holds, never about time: a loaded machine draws slowly and is not at fault.
settings.register_profile(
    "untimed", deadline=None, max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")

# The longest come first, so that all workers end together; what waits for a browser has the other's company.
_ORDER = (
    *("chaos", "bench", "e2e", "integration/durability", "integration/platform", "integration"),
    *("property", "unit", "contract", "architecture"),
)


def pytest_report_header() -> str:
    return "every variant" if IS_LONG else f"of long tests one variant each: MOT_CHAM_SLICE={SLICE}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of tests, and the loop and the time that each has."""
    items.sort(key=lambda item: next(place for place, folder in enumerate(_ORDER) if _folder(item).startswith(folder)))
    for item in items:
        if _folder(item).startswith("e2e"):
            # A browser lives in the loop that started it, and starting one takes seconds.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
        if isinstance(item, pytest.Function) and iscoroutinefunction(item.obj) and not is_hypothesis_test(item.obj):
            item.obj = _within_limit(item.obj)


def _folder(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0].removeprefix("tests/").rpartition("/")[0]


def _within_limit(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @wraps(test)
    async def run(*arguments: object, **named: object) -> None:
        async with asyncio.timeout(LIMIT_S):
            await test(*arguments, **named)

    return run
