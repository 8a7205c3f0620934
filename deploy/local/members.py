"""The processes that a service is on one machine: one with all roles, or each role apart, two of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.settings import ANALYTICS_SHARE, INSTANCE_ID, PORTS

_OF_EACH = 2
_ROLES = ("serve", "consume", "relay")
# Analytics says nothing, so it has nothing to relay.
_ROLES_OF: Mapping[str, tuple[str, ...]] = {"analytics": ("serve", "consume")}
# Between the ports of a service's members; the services' own ports are neighbours.
_PORT_STEP = 10


@dataclass(frozen=True, slots=True)
class Member:
    """One process of a service. number: counted from 1 among those of the same role."""

    service: str
    role: str
    number: int = 1

    @property
    def kind(self) -> str:
        """What it and those that do the same are."""
        return self.service if self.role == "run" else f"{self.service}-{self.role}"

    @property
    def name(self) -> str:
        """What people, its log and its pid file call it."""
        return self.service if self.role == "run" else f"{self.kind}-{self.number}"

    @property
    def serves(self) -> bool:
        """Whether it answers people, so that the door in front must know it."""
        return self.role in ("run", "serve")

    def settings(self, port: int) -> dict[str, str]:
        """What it is told that others of its service are not; the port is where it tells its health too."""
        own = {PORTS[self.service].name: str(port)}
        if self.role == "run":
            return own
        own[INSTANCE_ID.name] = self.name
        if self.service == "analytics" and self.role == "consume":
            own[ANALYTICS_SHARE.name] = f"{self.number}/{_OF_EACH}"
        return own


def members_of(service: str, *, apart: bool) -> list[Member]:
    """Those that serve come first."""
    if not apart:
        return [Member(service, "run")]
    roles = _ROLES_OF.get(service, _ROLES)
    return [Member(service, role, number) for role in roles for number in range(1, _OF_EACH + 1)]


def ports_of(service: str, first: int, *, apart: bool) -> dict[Member, int]:
    """The first has the service's own port, the others every tenth after it."""
    members = members_of(service, apart=apart)
    return {member: first + _PORT_STEP * place for place, member in enumerate(members)}


def upstreams(ports: Mapping[Member, int]) -> dict[str, str]:
    """The settings by which Caddy finds whoever serves, of every service."""
    found: dict[str, list[str]] = {}
    for member, port in ports.items():
        if member.serves:
            found.setdefault(f"{member.service.upper()}_UPSTREAM", []).append(f"127.0.0.1:{port}")
    return {name: " ".join(addresses) for name, addresses in found.items()}
