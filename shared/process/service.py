"""What a service consists of. Whoever only asks something of one needs no web server and none of its pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from shared.kafka.dead_letters import DeadLetterBox
from shared.kafka.own_name import OwnName
from shared.kafka.relay import Relay
from shared.observe.health import Health
from shared.settings import Settings
from shared.unit.unit import Unit
from shared.unit.wake import Waker

if TYPE_CHECKING:
    from shared.web.live import Live

ROLES = ("serve", "consume", "relay", "run")


class Stoppable(Protocol):
    """Runs until it is stopped, and then finishes what it has begun."""

    async def run(self) -> None: ...

    def stop(self) -> None: ...


class Consuming(Stoppable, Protocol):
    """Reads Kafka; `topic` is the name under which it says how it is."""

    @property
    def topic(self) -> str: ...


@dataclass(slots=True, kw_only=True)
class Service:
    """All parts of a service, built by its app.py.

    api makes an ASGI app for the role that serves, consumers what reads Kafka; each is made once, when a role asks for
    it, since it reads keys that the other roles need not have. Who does not serve answers for its health on the same
    port. Consumers that are members of a group begin when own_name is held. background runs beside every role,
    beside_pages where the api answers. `live` is closed first of all at the end, so that open streams end.
    """

    name: str
    settings: Settings
    unit: Unit
    waker: Waker
    health: Health
    dead_letters: DeadLetterBox
    migrations: Path
    api: Callable[[], Callable[..., Any]] | None = None
    consumers: Callable[[], Sequence[Consuming]] = tuple
    own_name: OwnName | None = None
    relay: Relay | None = None
    background: Sequence[Callable[[], Awaitable[None]]] = ()
    beside_pages: Sequence[Callable[[], Awaitable[None]]] = ()
    closers: Sequence[Callable[[], Awaitable[None]]] = ()
    seed: Callable[[], Awaitable[None]] | None = None
    live: Live | None = None
