"""Network addresses: parsing LVS_BIND, and writing an address into a URL."""

import ipaddress
import re

from django.core.exceptions import ImproperlyConfigured

# A name, an IPv4 address, or an IPv6 address in brackets.
HOST_PATTERN = re.compile(r"[\w-]+(\.[\w-]+)*\.?|\[[0-9a-fA-F:.]+(%\w+)?\]", re.ASCII)
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  what is bound to is the user's choice


def split_bind(bind: str) -> tuple[str, int]:
    """Return (host, port) of "127.0.0.1:8000", "[::1]:8000", "localhost:8000" or ":8000" (every address)."""
    host, colon, port = bind.strip().rpartition(":")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65536
    if not colon or not is_port or (host and not HOST_PATTERN.fullmatch(host)):
        raise ImproperlyConfigured(f"LVS_BIND: {bind!r} is not an address and port, like 127.0.0.1:8000.")
    return host.strip("[]") or EVERY_ADDRESS[0], int(port)


def unmapped(address: str) -> str:
    """Return an address without its zone, and an IPv4-mapped IPv6 address as IPv4."""
    address = address.partition("%")[0]
    return address.removeprefix("::ffff:") if "." in address else address


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(unmapped(host)).is_loopback
    except ValueError:
        return host == "localhost"


def as_host(address: str) -> str:
    """Return an address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address
