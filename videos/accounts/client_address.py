"""The client address of a request, behind proxies and NAT64, and the network that limits count it by."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

# NAT64 and SIIT routers map every IPv4 address into this one /64 (RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address_of(request: HttpRequest) -> str | None:
    """Return the client's address, or None if a proxy does not name its client.

    X-Forwarded-For is trusted only from a proxy in LVS_PROXIES. The client is the last address in it that is not such a
    proxy: a client can put any addresses before that.
    """
    hops = [request.META.get("REMOTE_ADDR", "")]
    hops += reversed(request.headers.get("X-Forwarded-For", "").split(","))
    for hop in hops:
        address = _ip_address(hop.strip())
        if address is None:
            return None
        if not any(address in network for network in settings.PROXIES):
            return str(address)
    return None


def counted_address(address: str) -> str:
    """Return the key that limits count a client by: an IPv4 address, or the /64 of an IPv6 address.

    A /64 is the smallest network that a provider assigns; its owner can use any of its 2**64 addresses.
    """
    parsed = ipaddress.ip_address(address)
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))


def is_of_this_computer(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


def _ip_address(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A dual-stack socket reports an IPv4 client as an IPv4-mapped IPv6 address.
    return getattr(address, "ipv4_mapped", None) or _translated(address) or address


def _translated(address: _Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _TRANSLATED else None
