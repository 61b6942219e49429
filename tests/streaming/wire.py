"""HTTP as it goes over the wire: requests as they stand, and answers by the length that they promise."""

import re
import socket
import ssl
import time
from collections.abc import Iterable
from typing import NamedTuple

SECONDS = 20
Headers = Iterable[tuple[str, str]]


class Reply(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str | None:  # type: ignore[override]
        """Return the header of this name, which stands there once, or None."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) < 2, f"{name} stands there {len(found)} times: {found}"
        return found[0] if found else None


class Wire:
    """One connection to a server of this computer."""

    def __init__(self, port: int, *, host: str = "localhost", tls: ssl.SSLContext | None = None) -> None:
        self._host = host
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        self._received = b""

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()

    def send(self, content: bytes) -> None:
        self._socket.sendall(content)

    def write(self, method: str, target: str, headers: Headers = (), version: str = "1.1") -> None:
        lines = [
            f"{method} {target} HTTP/{version}",
            f"Host: {self._host}",
            *(f"{name}: {text}" for name, text in headers),
        ]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def begin(self) -> None:
        """Wait for the first byte of the answer: the server has decided then how long it will be."""
        self._received += self._socket.recv(1)

    def read(self, method: str = "GET") -> Reply:
        """Return the next answer. Raises EOFError where the connection ends before what was promised has come."""
        head, _, self._received = self._until(b"\r\n\r\n").partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        status = re.fullmatch(r"HTTP/1\.[01] ([1-5][0-9]{2}) [ -~]*", status_line)
        assert status, status_line
        headers = [re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", line).groups() for line in lines]  # type: ignore[union-attr]
        reply = Reply(int(status[1]), headers, b"")  # type: ignore[arg-type]
        if method == "HEAD" or reply.status in (204, 304):
            return reply
        if reply["Transfer-Encoding"]:
            return reply._replace(body=self._chunks())
        return reply._replace(body=self._exactly(int(reply["Content-Length"] or 0)))

    def ask(self, method: str, target: str, headers: Headers = (), version: str = "1.1") -> Reply:
        self.write(method, target, headers, version)
        return self.read(method)

    def has_ended(self) -> bool:
        """Return whether the other side closes the connection, without a byte more."""
        started = time.monotonic()
        try:
            return not self._received and self._socket.recv(1) == b"" and time.monotonic() - started < SECONDS / 2
        except ConnectionResetError:
            return True

    def _exactly(self, length: int) -> bytes:
        while len(self._received) < length:
            self._more(f"{len(self._received)} of {length} bytes")
        content, self._received = self._received[:length], self._received[length:]
        return content

    def _chunks(self) -> bytes:
        body = b""
        while True:
            length, _, self._received = self._until(b"\r\n").partition(b"\r\n")
            content = self._exactly(int(length, 16) + 2)
            if len(content) == 2:
                return body
            body += content[:-2]

    def _until(self, end: bytes) -> bytes:
        while end not in self._received:
            self._more("an answer's beginning")
        return self._received

    def _more(self, wanted: str) -> None:
        content = self._socket.recv(1 << 20)
        if not content:
            raise EOFError(f"the connection ended: {wanted}")
        self._received += content
