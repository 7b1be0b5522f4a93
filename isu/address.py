"""From which address a request comes, and from which origin it may."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_LOCAL = "local"
"""A socket of this machine, or a test."""


def read_networks(text: str | Sequence[Network]) -> Sequence[Network]:
    """Addresses and networks, with commas between them."""
    if not isinstance(text, str):
        return text
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def read_origins(text: str | Sequence[str]) -> Sequence[str]:
    """A JSON list. What no browser calls an origin is refused: it is compared as it stands, and would let nobody in."""
    if not isinstance(text, str):
        return text
    try:
        origins = json.loads(text or "[]")
    except ValueError:
        origins = None
    if not isinstance(origins, list) or not all(isinstance(one, str) and _ORIGIN.fullmatch(one) for one in origins):
        raise ValueError('A JSON list of origins, without a path, such as ["https://portal.example"]')
    return origins


_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://[^/?#\sA-Z]+")


def client_network(request: HTTPConnection, proxies: Sequence[Network]) -> str:
    """The address of whoever asked, as far as our own proxies vouch for it; of IPv6 the /64, which is one caller's."""
    host = "" if request.client is None else request.client.host
    if not proxies:
        return _alone(host)
    address = _read(host)
    if address is None:
        return _LOCAL
    hops = [hop for line in request.headers.getlist("x-forwarded-for") for hop in line.split(",")]
    while hops and _is_ours(address, proxies):
        said = _read(hops.pop())
        if said is None:
            break
        address = said
    return _network(address)


@lru_cache(1_000)
def _alone(host: str) -> str:
    """Of who comes without a proxy: for each request, so that the address is not even hashed."""
    address = _read(host)
    return _LOCAL if address is None else _network(address)


@lru_cache(1_000)
def _network(address: Address) -> str:
    return str(ip_network((address, 64), strict=False) if address.version == 6 else address)


def _is_ours(address: Address, proxies: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in proxies)


@lru_cache(1_000)
def _read(text: str) -> Address | None:
    """Some proxies name the port too."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
