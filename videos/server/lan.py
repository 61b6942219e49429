"""The addresses to listen on, and how other devices reach them: the LAN address, and a QR code for a phone."""

import socket

import segno

from videos.core.addresses import as_host

# Addresses reserved for documentation (RFC 5737, RFC 3849). No packet is sent: only the route is looked up.
_OUTSIDE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
# True black and white, not the colours of the terminal's theme.
_BLACK_ON_WHITE, _PLAIN = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
_QUIET_ZONE = 2
_HALVES = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def lan_address() -> str | None:
    """Return the address of this computer in its network, or None if it has none. Sends nothing."""
    for family, outside in _OUTSIDE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((outside, 9))
                address = str(probe.getsockname()[0])
        except OSError:
            continue
        # Without a network some systems return an unspecified or loopback address.
        if address not in ("0.0.0.0", "::") and not address.startswith("127."):  # noqa: S104  compared, not bound
            return address
    return None


def address_problem(host: str, port: int) -> str | None:
    """Return why the server cannot listen on this address, or None."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.strerror or str(error)
    return None


def url_of(host: str, port: int) -> str:
    return f"http://{as_host(host)}:{port}/"


def qr_code(text: str) -> str:
    """Return the text as a QR code for a dark or light terminal, two rows of modules in each line."""
    rows = [
        [int(module) for module in row]
        for row in segno.make(text, error="l", micro=False).matrix_iter(border=_QUIET_ZONE)
    ]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    lines = (
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )
    return "".join(f"  {_BLACK_ON_WHITE}{line}{_PLAIN}\n" for line in lines)
