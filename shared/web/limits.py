"""How much one request may bring and one caller may ask for: the data of all doors, and the words of refusal.

A route says by `@within(...)` where it differs from the rest. Numbers are for people behind one address, such as a
school class or ten families on one mobile network: they are never reached by use, only by floods.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.errors import DomainError

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_MARK = "mot_cham_within"
# Of all header lines and the address together; Caddy has the same.
MOST_HEAD_BYTES = 16 << 10


@dataclass(frozen=True, slots=True)
class BodySize:
    """What a body may weigh. streamed: its route reads it piece by piece, so it is for those with a pass only."""

    most_bytes: int
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and as many each minute."""

    name: str
    a_minute: int


SMALL, SCANS, UPLOAD = BodySize(64 << 10), BodySize(1 << 20), BodySize(64 << 20, streamed=True)
# By address; a good pass counts by whose it is, wherever that person or phone is.
READS, WRITES, ORDERS = Rate("reads", 6000), Rate("writes", 120), Rate("orders", 30)
SESSION = Rate("session", 1200)
RATES = (READS, WRITES, ORDERS, SESSION)
STREAMS_AN_ADDRESS, STREAMS_A_LINK, STREAMS_A_SESSION = 200, 8, 20
STREAM_RETRY_S = 30


@dataclass(frozen=True, slots=True)
class Within:
    """The limits of one route; rate is for those without a pass, None for what its method has."""

    body: BodySize = SMALL
    rate: Rate | None = None


class HeadTooLarge(DomainError):
    """Cookies and other header lines of more than 16 KB."""

    code, status = "head_too_large", 431


class BodyTooLarge(DomainError):
    """A request body of more than its route takes."""

    code, status = "body_too_large", 413


class TooManyRequests(DomainError):
    """One address, or one signed-in person or phone, asks faster than people do."""

    code, status = "too_many_requests", 429


class TooManyStreams(DomainError):
    """One address, one order's link or one session holds more pages open than people look at."""

    code, status = "too_many_streams", 429


def within(body: BodySize = SMALL, rate: Rate | None = None) -> Callable[[Endpoint], Endpoint]:
    """Notes at an endpoint what its door takes; stands below the router's decorator."""

    def note(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MARK, Within(body, rate))
        return endpoint

    return note


def limits_of(endpoint: Callable[..., Any]) -> Within:
    found = getattr(endpoint, _MARK, None)
    return found if isinstance(found, Within) else Within()
