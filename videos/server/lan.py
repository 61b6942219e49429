"""How the others in the house reach this computer: its address there, and a code that a phone can read."""

import socket

import segno

from videos.core.addresses import as_host

# Set aside for documents (RFC 5737, RFC 3849): nobody is there. Only the way that a packet would take is asked for.
_ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
# Black and white as such, whatever the terminal's theme makes of its colours.
_BLACK_ON_WHITE, _PLAIN = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
_QUIET_ZONE = 2
_HALVES = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def lan_address() -> str | None:
    """Return the address by which this computer goes out to its network, or None without one. Sends nothing."""
    for family, elsewhere in _ELSEWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((elsewhere, 9))
                address = str(probe.getsockname()[0])
        except OSError:
            continue
        # Without a network some systems answer with an address that means none.
        if address not in ("0.0.0.0", "::") and not address.startswith("127."):  # noqa: S104  what it answers, not a bind
            return address
    return None


def url_of(host: str, port: int) -> str:
    return f"http://{as_host(host)}:{port}/"


def qr_code(text: str) -> str:
    """Return the text as a QR code for a terminal, dark or light: two rows of it in each line."""
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
