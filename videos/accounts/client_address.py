"""The address that a request comes from, through proxies and translating routers, and what of it counts as one."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

# The IPv4 addresses as a translating router (NAT64, SIIT) shows them: all of them in one /64 (RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address_of(request: HttpRequest) -> str | None:
    """Return the address that the request comes from, or None where a proxy does not name its client.

    X-Forwarded-For counts only where it comes from a proxy of LVS_PROXIES. Of its addresses the last one that is not
    itself such a proxy is the client: a client can put anything in front of it.
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
    """Return what limits count as one client: an IPv4 address itself, of an IPv6 address its /64.

    A /64 is the smallest network that a provider assigns, and its owner can use any of its 2**64 addresses.
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
    # A socket that listens on both kinds of addresses reports an IPv4 one as part of IPv6.
    return getattr(address, "ipv4_mapped", None) or _translated(address) or address


def _translated(address: _Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _TRANSLATED else None
