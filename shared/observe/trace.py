"""The correlation id that runs from a click to the last consumer, as W3C Trace Context's trace id."""

import os
import re
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str] = ContextVar("trace_id", default="")


def current() -> str:
    """The trace id of what is being done now, or "" outside of any."""
    return _current.get()


def begin(traceparent: str | None = None) -> str:
    """Takes over the caller's trace, or starts a new one; 32 hex digits."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    trace_id = match.group(1) if match else os.urandom(16).hex()
    _current.set(trace_id)
    return trace_id


def take_over(trace_id: str) -> None:
    """Goes on with a trace that is known by its id."""
    _current.set(trace_id)


def traceparent(trace_id: str) -> str:
    """A `traceparent` header with a new span of this trace. Source: W3C Trace Context."""
    return f"00-{trace_id or os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
