"""Random requests, as an attacker may write them, from a seed: odd values, odd heads, odd forms, or all at once."""

import random
import re
from collections.abc import Callable, Iterator

from benchmarks.odd_values import (
    CHARSETS,
    FIELDS,
    FRAMINGS,
    HEADER_TEXTS,
    HEADERS,
    NAMES,
    NUMBERS,
    PATHS,
    TEXTS,
    TOKEN,
    VALUES,
)


class Chance(random.Random):
    """The random choices of one request. With `is_mild` the request is well formed, and only its values are odd."""

    is_mild = False

    def odd(self, share: float) -> bool:
        """Return whether to write something wrongly: True for this share of the requests that are not mild."""
        return not self.is_mild and self.random() < share


def odd_requests(seed: int, count: int, sessions: list[str]) -> Iterator[bytes]:
    """Yield the requests of a seed. Each has one of the sessions, given as parts of a Cookie header."""
    chance = Chance(seed)
    for _ in range(count):
        chance.is_mild = chance.random() < 0.6
        request = _request(chance, sessions)
        for _ in range(0 if chance.is_mild else chance.choice([0, 0, 1, 1, 3])):
            request = _mutated(chance, request)
        yield request


def _request(chance: Chance, sessions: list[str]) -> bytes:
    pattern = chance.choice(PATHS)
    path = re.sub(r"\{[nt]\}", lambda found: _part(chance, found[0]), pattern)
    names = next((names for end, names in FIELDS.items() if pattern.endswith(end)), NAMES)
    names = names if chance.random() < 0.7 else NAMES
    method = chance.choices(["GET", "POST", "HEAD", "PUT", "OPTIONS", "TRACE"], [50, 45, 3, 2, 1, 1])[0]
    query = f"?{_pairs(chance, names)}" if chance.random() < 0.5 else ""
    lines = [
        f"{'get' if chance.odd(0.05) else method} {path}{query} HTTP/1.{0 if chance.random() < 0.1 else 1}".encode()
    ]
    if not chance.odd(0.05):
        lines.append(b"Host: localhost")
    if not chance.odd(0.2):
        lines.append(f"Cookie: csrftoken={TOKEN}{chance.choice(sessions)}\r\nX-CSRFToken: {TOKEN}".encode())
    lines += [_header(chance) for _ in range(chance.choice([0, 0, 1, 2, 4]))]
    head, body = _body(chance, names) if method in ("POST", "PUT") or chance.random() < 0.05 else ([], b"")
    return b"\r\n".join([*lines, *head, b"", body])


def _header(chance: Chance) -> bytes:
    name, text = chance.choice(HEADERS), chance.choice([*HEADER_TEXTS, _text(chance)])
    if chance.is_mild:
        name = "Accept" if name in ("Host", "Cookie", "X-CSRFToken") else name
        text = re.sub(r"[\x00-\x1f\x7f]", "", text)
    return f"{name}: ".encode() + text.encode(chance.choice(["utf-8", "latin-1"]), "replace")


def _part(chance: Chance, place: str) -> str:
    """Return a part of a path: a number, usually of an existing row, or any text."""
    number = chance.choice([*NUMBERS[:3] * 9, *NUMBERS])
    return _quoted(chance, number if place == "{n}" else _text(chance))


def _text(chance: Chance) -> str:
    kind = chance.random()
    if kind < 0.7:
        return chance.choice(chance.choice([TEXTS, NUMBERS, VALUES]))
    if kind < 0.85:
        return "".join(chance.choice(TEXTS) for _ in range(3))[:2000]
    highest = chance.choice([0x7F, 0x800, 0x110000])
    return "".join(chr(chance.randrange(highest)) for _ in range(9))


def _quoted(chance: Chance, text: str) -> str:
    """Return the text percent-encoded for an address or a form, sometimes completely."""
    raw = text.encode("utf-8", "surrogatepass")
    plain = set(range(33, 127)) - set(b"?#&") if chance.random() < 0.5 else set()
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in raw)


def _pairs(chance: Chance, names: list[str]) -> str:
    """Return fields with random values; usually all fields of a form."""
    if names is NAMES or chance.random() < 0.3:
        names = [chance.choice(names) for _ in range(chance.choice([1, 1, 2, 3, 6, 12]))]
    return "&".join(f"{name}={_quoted(chance, _text(chance)[:300])}" for name in names)


def _body(chance: Chance, names: list[str]) -> tuple[list[bytes], bytes]:
    """Return the headers of the body, and the body."""
    make: Callable[[Chance, list[str]], tuple[str, bytes]] = chance.choice([_form, _form, _form, _multipart, _anything])
    content_type, body = make(chance, names)
    head = [] if chance.odd(0.05) else [b"Content-Type: " + content_type.encode("latin-1", "replace")]
    if chance.odd(0.2):
        framing = chance.choice(FRAMINGS)
        return [*head, framing.replace("%d", str(len(body))).encode()], body
    if chance.random() < 0.8:
        return [*head, b"Content-Length: %d" % len(body)], body
    size = chance.choice([1, 7, 100]) if len(body) < 2000 else 999
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    chunks = b"".join(b"%x;a=b\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return [*head, b"Transfer-Encoding: chunked"], chunks + b"0\r\nX: y\r\n\r\n"


def _form(chance: Chance, names: list[str]) -> tuple[str, bytes]:
    charset = f"; charset={chance.choice(CHARSETS)}" if chance.odd(0.3) else ""
    return (
        f"application/x-www-form-urlencoded{charset}",
        f"csrfmiddlewaretoken={TOKEN}&{_pairs(chance, names)}".encode(),
    )


def _multipart(chance: Chance, names: list[str]) -> tuple[str, bytes]:
    boundary = (
        chance.choice(["x", "----WebKitFormBoundary7", "", '"', "a b", "x" * 300, "\u00e4"]) if chance.odd(0.5) else "x"
    )
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{TOKEN}']
    for name in [chance.choice(names) for _ in range(chance.choice([1, 2, 5]))]:
        charset = chance.choice(CHARSETS)
        usual, odd = f'form-data; name="{name}"', [
            f"form-data; name*={charset}''%41%ff", f"form-data; name*0*={charset}''a; name*1=b", "form-data", "",
            f'form-data; name="{_text(chance)[:50]}"', f"form-data; name=\"{name}\"; filename*={charset}''a%00",
            f'form-data; name="{name}"; filename="a.mp4"',
        ]  # fmt: skip
        more = [
            "",
            f"\r\nContent-Type: text/plain; charset={charset}",
            "\r\nContent-Transfer-Encoding: base64",
            "\r\nX",
            "\r\n:",
        ]
        disposition = chance.choice([usual] * 8 + odd) + chance.choice(more)
        parts.append(f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n{_text(chance)}")
    parameters = [f"boundary={boundary}"]
    parameters += [f"charset={chance.choice(CHARSETS)}"] if chance.odd(0.2) else []
    parameters += [f"charset*={chance.choice(CHARSETS)}''utf-8"] if chance.odd(0.1) else []
    body = "\r\n".join([*parts, f"--{boundary}--\r\n"])
    return "multipart/form-data; " + "; ".join(parameters), body.encode("utf-8", "surrogatepass")


def _anything(chance: Chance, names: list[str]) -> tuple[str, bytes]:
    bodies = [
        b'{"a": 1}',
        b"{" * 2000,
        b"[" * 2000,
        b'"\\ud800"',
        b"null",
        b"1e999",
        b"<?xml?><a/>",
        chance.randbytes(300),
    ]
    kinds = ["application/json", "text/plain", "application/xml", "multipart/mixed; boundary=x", "multipart/form-data"]
    kind = chance.choice(["x", "/", "", "a/b;;;"]) if chance.odd(0.3) else chance.choice(kinds)
    return kind + (f"; charset={chance.choice(CHARSETS)}" if chance.odd(0.3) else ""), chance.choice(bodies)


def _mutated(chance: Chance, request: bytes) -> bytes:
    """Return the request with some bytes removed, repeated, replaced or inserted."""
    at, length = chance.randrange(len(request) + 1), chance.choice([1, 1, 2, 10, 100])
    odd = chance.choice([*b"\0\r\n \t:\xff%\x7f,", *(b"\r\n", b"\r\n\r\n", b"%00", chance.randbytes(2))])
    put_in = bytes([odd]) if isinstance(odd, int) else odd
    return chance.choice(
        [
            request[:at],
            request[:at] + request[at + length :],
            request[:at] + put_in + request[at:],
            request[:at] + put_in + request[at + len(put_in) :],
            request[: at + length] + request[at:],
            request + request,
        ]
    )
