"""Where a request comes from. It believes X-Forwarded-For from our own door only, and keeps no address."""

import ipaddress

from starlette.requests import HTTPConnection
from starlette.types import Scope

# Caddy beside us, or in the same compose network: it overwrites what a visitor says of himself. Nobody else reaches a
# service, which listens on loopback or in that network alone. uvicorn puts the address that they name into the scope.
TRUSTED_PROXIES = ("127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
_BITS_OF_A_HOUSE = 64
_KEPT_BITS = {4: 24, 6: 48}


def client_address(request: HTTPConnection) -> str:
    """IPv4 as it is; of IPv6 the /64, because a house has all of it; "" if it is not known."""
    return address_of(request.scope)


def address_of(scope: Scope) -> str:
    host = (scope.get("client") or ("", 0))[0]
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    if found.is_loopback:
        return str(found)
    return str(ipaddress.IPv6Network((found.packed, _BITS_OF_A_HOUSE), strict=False))


def shortened(address: str) -> str:
    """What may be kept of an address: the /24 of IPv4, the /48 of IPv6."""
    if not address:
        return ""
    found = ipaddress.ip_network(address)
    bits = _KEPT_BITS[found.version]
    return str(ipaddress.ip_network((found.network_address, bits), strict=False))


def is_our_machine(address: str) -> bool:
    """Whether somebody on this very machine asked: the simulator, the tests, `./run` itself."""
    return address.startswith("127.") or address == "::1"


def is_one_house(address: str) -> bool:
    """False where many people may share what is known: a proxy that tells nobody's address has a private one itself."""
    return bool(address) and not ipaddress.ip_network(address).is_private
