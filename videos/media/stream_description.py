"""Rotation and Dolby Vision of a stream, read from FFmpeg's description of it.

PyAV does not expose them before a frame is decoded.

Decoding a frame takes ten times as long. Metadata cannot imitate these lines, because their names are padded.
"""

import re
from threading import Lock
from typing import Any, cast

import av.logging
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from videos.media.color_coding import DeclaredColors

_STREAM = re.compile(r"^  Stream #0:(\d+)", re.MULTILINE)
_ROTATION = re.compile(r"^ {6}Display Matrix: rotation of (-?\d+(?:\.\d+)?) degrees$", re.MULTILINE | re.IGNORECASE)
_DOLBY_IPT = re.compile(r"^ {6}DOVI configuration record: [^\n]*\bprofile: 5\b", re.MULTILINE)
_logging_once = Lock()


def rotation_of(container: InputContainer, stream: Stream) -> int:
    """Return the rotation that the container asks for, in degrees clockwise, a multiple of 90."""
    found = _ROTATION.search(_described(container, stream))
    return round(-float(found[1]) / 90) * 90 % 360 if found else 0


def colors_declared(container: InputContainer, stream: VideoStream) -> DeclaredColors:
    """Return the declared colours of a file before a picture is decoded."""
    is_dolby_ipt = _DOLBY_IPT.search(_described(container, stream)) is not None
    return DeclaredColors.of(stream.codec_context, is_dolby_ipt=is_dolby_ipt)


def _described(container: InputContainer, stream: Stream) -> str:
    with _logging_once:
        before = av.logging.get_level()
        av.logging.set_level(av.logging.INFO)
        try:
            described: str = cast(Any, container).dumps_format()  # missing in its type stubs
        finally:
            av.logging.set_level(before)
    parts = _STREAM.split(described)
    return next((text for index, text in zip(parts[1::2], parts[2::2], strict=True) if int(index) == stream.index), "")
