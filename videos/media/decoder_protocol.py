"""What the decoder's child process and its parent say to each other, and the parent's doubts about it.

A message is the length of its header in four bytes, the header as JSON, then the blobs whose sizes the header gives.
Nothing that arrives is trusted: the child has read a stranger's file.
"""

import json
import math
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from videos.media.durations import MOST_FRAME_RATE
from videos.media.packet_times import MOST_SECONDS
from videos.media.probe import (
    MOST_BIT_RATE,
    MOST_CHANNELS,
    MOST_CHAPTERS,
    MOST_PIXELS,
    MOST_TEXT,
    MOST_TRACKS,
    Chapter,
    Facts,
    Track,
    clean_text,
)
from videos.media.thumbnails import MOST_COLUMNS, MOST_SPRITE_FRAMES, TILE_HEIGHT, TILE_WIDTH, MadeFor, Pictures, Sprite

MOST_HEADER_BYTES = 4 * 1024 * 1024
_SECONDS_TO_SEND = 60
MOST_BLOB_BYTES = 28 * 1024 * 1024  # all blobs of a message

_Part = TypeVar("_Part")


class Nonsense(Exception):
    """What arrived is no message that this project sends."""


@dataclass(frozen=True)
class Message:
    kind: str
    body: dict[str, Any]
    blobs: tuple[bytes, ...]


def send(
    channel: socket.socket, kind: str, body: dict[str, Any] | None = None, *blobs: bytes, descriptor: int | None = None
) -> None:
    """Send a message, and with it an open file where there is one. Raises OSError."""
    header = {"kind": kind, "body": body or {}, "sizes": [len(blob) for blob in blobs]}
    packed = json.dumps(header, allow_nan=False).encode()
    length = len(packed).to_bytes(4)
    channel.settimeout(_SECONDS_TO_SEND)
    if descriptor is None:
        channel.sendall(length)
    else:
        socket.send_fds(channel, [length], [descriptor])
    for part in (packed, *blobs):
        channel.sendall(part)


def receive(channel: socket.socket, deadline: float) -> Message:
    """Return the next message. Raises Nonsense, TimeoutError past the monotonic deadline, or OSError.

    ConnectionResetError says that the other side is gone.
    """
    return message_after(channel, _exactly(channel, 4, deadline), deadline)


def message_after(channel: socket.socket, length: bytes | bytearray, deadline: float) -> Message:
    """Return the message whose first four bytes have been read. Raises as receive does."""
    if int.from_bytes(length) > MOST_HEADER_BYTES:
        raise Nonsense("too long a header")
    try:
        header = json.loads(_exactly(channel, int.from_bytes(length), deadline), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Nonsense("a header that is no JSON") from error
    if not isinstance(header, dict) or header.keys() != {"kind", "body", "sizes"}:
        raise Nonsense("another header")
    kind, body, sizes = header["kind"], header["body"], header["sizes"]
    if not isinstance(kind, str) or not isinstance(body, dict) or not isinstance(sizes, list) or len(sizes) > 2:
        raise Nonsense("another header")
    if not all(type(size) is int and 0 <= size <= MOST_BLOB_BYTES for size in sizes) or sum(sizes) > MOST_BLOB_BYTES:
        raise Nonsense("too much")
    return Message(kind, body, tuple(bytes(_exactly(channel, size, deadline)) for size in sizes))


def facts_body(facts: Facts) -> dict[str, Any]:
    """Return the facts as what JSON can carry."""
    return asdict(facts)


def facts_in(message: Message) -> Facts:
    """Return the facts of a message, each of the type and within the bounds of its field. Raises Nonsense."""
    fields = _Fields(message.body)
    return fields.end(
        Facts(
            duration_seconds=fields.number_or_none("duration_seconds", MOST_SECONDS),
            width=fields.integer("width", 1, MOST_PIXELS),
            height=fields.integer("height", 1, MOST_PIXELS),
            frame_rate=fields.number_or_none("frame_rate", MOST_FRAME_RATE),
            rotation=fields.integer("rotation", 0, 270),
            container=fields.text("container"),
            video_codec=fields.text("video_codec"),
            audio_codec=fields.text("audio_codec"),
            bit_rate=fields.integer_or_none("bit_rate", 1, MOST_BIT_RATE),
            audio=fields.parts("audio", MOST_TRACKS, _track),
            subtitles=fields.parts("subtitles", MOST_TRACKS, _track),
            chapters=fields.parts("chapters", MOST_CHAPTERS, _chapter),
        )
    )


def request_body(made_for: MadeFor | None) -> dict[str, Any]:
    """Return what the request for a look says beside the file."""
    return {"made_for": None if made_for is None else asdict(made_for)}


def made_for_in(message: Message) -> MadeFor | None:
    """Return what the pictures that there are were made for, None where there are none. Raises Nonsense."""
    fields = _Fields(message.body)
    made_for = fields.take("made_for")
    if made_for is None:
        return fields.end(None)
    fields = _Fields(made_for)
    return fields.end(
        MadeFor(
            fields.number_or_none("duration_seconds", MOST_SECONDS),
            fields.integer("width", 1, MOST_PIXELS),
            fields.integer("height", 1, MOST_PIXELS),
        )
    )


def pictures_message(pictures: Pictures) -> tuple[dict[str, Any], list[bytes]]:
    """Return the body and the blobs of a message that carries pictures."""
    sprite = pictures.sprite
    if sprite is None:
        return {"color": pictures.color, "sprite": None}, [pictures.cover]
    shape = asdict(sprite)
    return {"color": pictures.color, "sprite": shape}, [pictures.cover, shape.pop("image")]


def pictures_in(message: Message) -> Pictures:
    """Return the pictures of a message: WebP by their first bytes, and tiles that fit. Raises Nonsense."""
    fields = _Fields(message.body)
    color = fields.text("color")
    if len(color) != 7 or color[0] != "#" or not set(color[1:]) <= set("0123456789abcdef"):
        raise Nonsense("no colour")
    shape = fields.take("sprite")
    if len(message.blobs) != (1 if shape is None else 2) or not all(map(_is_webp, message.blobs)):
        raise Nonsense("no WebP")
    sprite = None if shape is None else _sprite(_Fields(shape), message.blobs[1])
    return fields.end(Pictures(message.blobs[0], color, sprite))


def reason_in(message: Message) -> str:
    """Return the reason that a message gives, as a short clean text. Raises Nonsense."""
    fields = _Fields(message.body)
    return fields.end(fields.text("reason"))


class _Fields:
    """Takes the fields of an object out of JSON, each checked."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise Nonsense("no object")
        self._left = dict(value)

    def take(self, name: str) -> Any:
        if name not in self._left:
            raise Nonsense(f"no {name}")
        return self._left.pop(name)

    def end(self, made: _Part) -> _Part:
        """Return what was made of the fields, when there are no others."""
        if self._left:
            raise Nonsense("unknown fields")
        return made

    def integer(self, name: str, least: int, most: int) -> int:
        value = self.take(name)
        if type(value) is not int or not least <= value <= most:
            raise Nonsense(f"{name} is no number in its bounds")
        return value

    def integer_or_none(self, name: str, least: int, most: int) -> int | None:
        return self.take(name) if self._left.get(name, 0) is None else self.integer(name, least, most)

    def number(self, name: str, most: float) -> float:
        value = self.take(name)
        if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= most:
            raise Nonsense(f"{name} is no number in its bounds")
        return float(value)

    def number_or_none(self, name: str, most: float) -> float | None:
        return self.take(name) if self._left.get(name, 0) is None else self.number(name, most)

    def text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or len(value) > MOST_TEXT or value != clean_text(value):
            raise Nonsense(f"{name} is no clean text")
        return value

    def truth(self, name: str) -> bool:
        value = self.take(name)
        if not isinstance(value, bool):
            raise Nonsense(f"{name} is neither true nor false")
        return value

    def parts(self, name: str, most: int, part: Callable[["_Fields"], _Part]) -> tuple[_Part, ...]:
        value = self.take(name)
        if not isinstance(value, list) or len(value) > most:
            raise Nonsense(f"{name} is no list in its bounds")
        return tuple(part(_Fields(each)) for each in value)


def _track(fields: _Fields) -> Track:
    return fields.end(
        Track(
            codec=fields.text("codec"),
            language=fields.text("language"),
            title=fields.text("title"),
            channels=fields.integer("channels", 0, MOST_CHANNELS),
            is_default=fields.truth("is_default"),
        )
    )


def _chapter(fields: _Fields) -> Chapter:
    start, end = fields.number("start_seconds", MOST_SECONDS), fields.number("end_seconds", MOST_SECONDS)
    return fields.end(Chapter(start, end, fields.text("title")))


def _sprite(fields: _Fields, image: bytes) -> Sprite:
    columns = fields.integer("columns", 1, MOST_COLUMNS)
    width, height = fields.integer("tile_width", 2, TILE_WIDTH), fields.integer("tile_height", 2, TILE_HEIGHT)
    times = fields.take("times")
    if not isinstance(times, list) or not columns <= len(times) <= MOST_SPRITE_FRAMES:
        raise Nonsense("no times")
    if not all(type(each) in (int, float) and 0 <= each <= MOST_SECONDS for each in times) or times != sorted(times):
        raise Nonsense("no times")
    return fields.end(Sprite(image, columns, width, height, tuple(map(float, times))))


def _is_webp(blob: bytes) -> bool:
    return blob[:4] == b"RIFF" and blob[8:12] == b"WEBP" and int.from_bytes(blob[4:8], "little") + 8 == len(blob)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _exactly(channel: socket.socket, count: int, deadline: float) -> bytearray:
    arrived = bytearray(count)
    view, have = memoryview(arrived), 0
    while have < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        channel.settimeout(left)
        more = channel.recv_into(view[have:])
        if not more:
            raise ConnectionResetError
        have += more
    return arrived
