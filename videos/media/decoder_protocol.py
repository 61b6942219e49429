"""What the decoder's child process and its parent say to each other, and the parent's doubts about it.

A message is the length of its header in four bytes, the header as JSON, then the blobs whose sizes the header gives.
Nothing that arrives is trusted: the child has read a stranger's file.
"""

import json
import socket
import time
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from videos.media.durations import MAX_FRAME_RATE
from videos.media.packet_times import MAX_SECONDS
from videos.media.probe import (
    MAX_BIT_RATE,
    MAX_CHANNELS,
    MAX_CHAPTERS,
    MAX_PIXELS,
    MAX_TEXT,
    MAX_TRACKS,
    Chapter,
    Facts,
    Track,
    clean_text,
)
from videos.media.thumbnails import MAX_COLUMNS, MAX_SPRITE_FRAMES, TILE_HEIGHT, TILE_WIDTH, MadeFor, Pictures, Sprite

MAX_HEADER_BYTES = 4 * 1024 * 1024
_SECONDS_TO_SEND = 60
MAX_BLOB_BYTES = 28 * 1024 * 1024  # all blobs of a message

# The bounds of what may arrive. msgspec converts nothing on its way: "4" is no number, and neither is true; a float
# that is not finite is within no bounds.
_Text = Annotated[str, Meta(max_length=MAX_TEXT)]
_Color = Annotated[str, Meta(pattern=r"\A#[0-9a-f]{6}\Z")]
_Seconds = Annotated[float, Meta(ge=0, le=MAX_SECONDS)]
_FrameRate = Annotated[float, Meta(ge=0, le=MAX_FRAME_RATE)]
_Pixels = Annotated[int, Meta(ge=1, le=MAX_PIXELS)]
_Degrees = Annotated[int, Meta(ge=0, le=270)]
_BitRate = Annotated[int, Meta(ge=1, le=MAX_BIT_RATE)]
_Channels = Annotated[int, Meta(ge=0, le=MAX_CHANNELS)]
_Size = Annotated[int, Meta(ge=0, le=MAX_BLOB_BYTES)]

_Wanted = TypeVar("_Wanted")


class _Header(Struct, forbid_unknown_fields=True):
    kind: str
    body: dict[str, Any]
    sizes: Annotated[list[_Size], Meta(max_length=2)]


class _Body(Struct, forbid_unknown_fields=True):
    """What a message says, or a part of it. Every text in it is clean: one line, as a page can show it."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            text = getattr(self, name)
            if isinstance(text, str) and text != clean_text(text):
                raise ValueError(f"{name} is no clean text")


class _Track(_Body):
    codec: _Text
    language: _Text
    title: _Text
    channels: _Channels
    is_default: bool


class _Chapter(_Body):
    start_seconds: _Seconds
    end_seconds: _Seconds
    title: _Text


_Tracks = Annotated[tuple[_Track, ...], Meta(max_length=MAX_TRACKS)]
_Chapters = Annotated[tuple[_Chapter, ...], Meta(max_length=MAX_CHAPTERS)]


class _Facts(_Body):
    duration_seconds: _Seconds | None
    width: _Pixels
    height: _Pixels
    frame_rate: _FrameRate | None
    rotation: _Degrees
    container: _Text
    video_codec: _Text
    audio_codec: _Text
    bit_rate: _BitRate | None
    audio: _Tracks
    subtitles: _Tracks
    chapters: _Chapters


class _MadeFor(_Body):
    duration_seconds: _Seconds | None
    width: _Pixels
    height: _Pixels


class _Request(_Body):
    made_for: _MadeFor | None


class _Sprite(_Body):
    columns: Annotated[int, Meta(ge=1, le=MAX_COLUMNS)]
    tile_width: Annotated[int, Meta(ge=2, le=TILE_WIDTH)]
    tile_height: Annotated[int, Meta(ge=2, le=TILE_HEIGHT)]
    times: Annotated[tuple[_Seconds, ...], Meta(max_length=MAX_SPRITE_FRAMES)]

    def __post_init__(self) -> None:
        if len(self.times) < self.columns or list(self.times) != sorted(self.times):
            raise ValueError("the times fit no row of frames, or are in no order")


class _Pictures(_Body):
    color: _Color
    sprite: _Sprite | None


class _Failure(_Body):
    reason: _Text


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
    if int.from_bytes(length) > MAX_HEADER_BYTES:
        raise Nonsense("too long a header")
    try:
        header = msgspec.json.decode(_exactly(channel, int.from_bytes(length), deadline), type=_Header)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Nonsense(f"another header: {error}") from error
    if sum(header.sizes) > MAX_BLOB_BYTES:
        raise Nonsense("too much")
    return Message(header.kind, header.body, tuple(bytes(_exactly(channel, size, deadline)) for size in header.sizes))


def facts_body(facts: Facts) -> dict[str, Any]:
    """Return the facts as what JSON can carry."""
    return asdict(facts)


def facts_in(message: Message) -> Facts:
    """Return the facts of a message, each of the type and within the bounds of its field. Raises Nonsense."""
    fields = _fields(_convert(message.body, _Facts))
    fields["audio"] = tuple(Track(**_fields(track)) for track in fields["audio"])
    fields["subtitles"] = tuple(Track(**_fields(track)) for track in fields["subtitles"])
    fields["chapters"] = tuple(Chapter(**_fields(chapter)) for chapter in fields["chapters"])
    return Facts(**fields)


def request_body(made_for: MadeFor | None) -> dict[str, Any]:
    """Return what the request for a look says beside the file."""
    return {"made_for": None if made_for is None else asdict(made_for)}


def made_for_in(message: Message) -> MadeFor | None:
    """Return what the pictures that there are were made for, None where there are none. Raises Nonsense."""
    made_for = _convert(message.body, _Request).made_for
    return None if made_for is None else MadeFor(**_fields(made_for))


def pictures_message(pictures: Pictures) -> tuple[dict[str, Any], list[bytes]]:
    """Return the body and the blobs of a message that carries pictures."""
    sprite = pictures.sprite
    if sprite is None:
        return {"color": pictures.color, "sprite": None}, [pictures.cover]
    shape = asdict(sprite)
    return {"color": pictures.color, "sprite": shape}, [pictures.cover, shape.pop("image")]


def pictures_in(message: Message) -> Pictures:
    """Return the pictures of a message: WebP by their first bytes, and tiles that fit. Raises Nonsense."""
    body = _convert(message.body, _Pictures)
    if len(message.blobs) != (1 if body.sprite is None else 2) or not all(map(_is_webp, message.blobs)):
        raise Nonsense("no WebP")
    sprite = None if body.sprite is None else Sprite(message.blobs[1], **_fields(body.sprite))
    return Pictures(message.blobs[0], body.color, sprite)


def reason_in(message: Message) -> str:
    """Return the reason that a message gives, as a short clean text. Raises Nonsense."""
    return _convert(message.body, _Failure).reason


def _convert(body: dict[str, Any], wanted: type[_Wanted]) -> _Wanted:
    """Return the body as the type that its kind of message has. Raises Nonsense."""
    try:
        return msgspec.convert(body, wanted)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Nonsense(str(error)) from error


def _fields(body: _Body) -> dict[str, Any]:
    """Return {field: value} of a body; parts that are bodies stay so."""
    return msgspec.structs.asdict(body)


def _is_webp(blob: bytes) -> bool:
    return blob[:4] == b"RIFF" and blob[8:12] == b"WEBP" and int.from_bytes(blob[4:8], "little") + 8 == len(blob)


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
