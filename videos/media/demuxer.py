"""Open a video file through its descriptor only: no playlist, URL or second file."""

import os

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from videos.core.errors import LibraryError
from videos.core.problems import Problem
from videos.media.file_signatures import HEAD_BYTES, NO_VIDEO, disguise, is_boxes, is_matroska, reason_unreadable

# Containers that a library's extensions can hold. Excluded: formats that open other files (hls, dash, concat, image2,
# sdp, rtsp), that draw anything as video (tty, subtitles, lavfi, rawvideo), images and sound.
_FORMATS = (
    "mov", "matroska", "webm", "avi", "asf", "asf_o", "mpegts", "mpeg", "mpegvideo", "m4v", "h264", "hevc", "vvc",
    "av1", "obu", "vc1", "vc1test", "ivf", "ogg", "flv", "mxf", "gxf", "rm", "dv", "wtv", "nut", "yuv4mpegpipe",
)  # fmt: skip
_OPTIONS = {
    "protocol_whitelist": "fd",
    "format_whitelist": ",".join(_FORMATS),
    # Off by default; set here because a QuickTime file may refer to other files.
    "enable_drefs": "0",
    "use_absolute_path": "0",
}
# Opening without decoding a frame is eight times as fast; these containers declare the picture size themselves.
_QUICKLY = {"skip_frame": "all", "analyzeduration": "200000"}
# Heights of television formats, where pixels are often not square and only the codec may say so.
_TELEVISION_LINES = {240, 288, 480, 486, 576, 720, 1080, 1088}
# A size beyond 8K, or longer than any screen, is checked by decoding a frame.
_MAX_USUAL_PIXELS, _MAX_USUAL_SHAPE = 8192, 3
_SQUARE_SIZES = {(1280, 720), (1920, 1080), (1920, 1088), (720, 1280), (608, 1080), (1080, 1080), (720, 720)}


class UnreadableMedia(LibraryError):
    """No video could be read; str() is the reason on its own, in lower case without a full stop."""


def open_media(descriptor: int) -> InputContainer:
    """Return the open file as a container that has video; the caller closes it. Raises UnreadableMedia.

    Nothing else is opened, whatever the file refers to.
    """
    try:
        head = os.pread(descriptor, HEAD_BYTES, 0)
    except OSError as error:
        raise UnreadableMedia(f"{Problem.UNREADABLE_INSIDE.sentence}: {error.strerror}") from error
    if reason := disguise(head):
        raise UnreadableMedia(reason)
    quick = is_boxes(head) or is_matroska(head)
    container = _open(descriptor, _QUICKLY if quick else {})
    if quick and _says_too_little(container):
        container.close()
        container = _open(descriptor, {})
    return container


def video_stream(container: InputContainer) -> VideoStream:
    """Return the video stream: the default one, else the first; never a cover picture. Raises UnreadableMedia."""
    videos = _videos(container)
    if not videos:
        raise UnreadableMedia(NO_VIDEO)
    # PyAV has no codec context if FFmpeg has no decoder.
    known = [stream for stream in videos if stream.codec_context is not None]
    if not known:
        raise UnreadableMedia(Problem.UNKNOWN_CODEC.sentence)
    return next((stream for stream in known if stream.disposition & Disposition.default), known[0])


def _open(descriptor: int, options: dict[str, str]) -> InputContainer:
    try:
        # FFmpeg starts reading at the descriptor's position.
        os.lseek(descriptor, 0, os.SEEK_SET)
        options = {**_OPTIONS, **options, "fd": str(descriptor)}
        return av.open("fd:", "r", options=options, metadata_errors="replace")
    except MemoryError:
        raise
    except Exception as error:
        raise UnreadableMedia(_reason(descriptor)) from error


def _reason(descriptor: int) -> str:
    try:
        return reason_unreadable(descriptor)
    except OSError as error:
        return f"{Problem.UNREADABLE_INSIDE.sentence}: {error.strerror}"


def _videos(container: InputContainer) -> list[VideoStream]:
    pictures = Disposition.attached_pic | Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & pictures]


def _says_too_little(container: InputContainer) -> bool:
    """Return whether only the first frame can tell the size or the pixel shape for certain."""
    for stream in _videos(container):
        if stream.codec_context is None:
            continue
        size = (stream.codec_context.width, stream.codec_context.height)
        if not all(size) or _is_strange(*size):
            return True
        if stream.sample_aspect_ratio is None and size not in _SQUARE_SIZES and size[1] in _TELEVISION_LINES:
            return True
    return False


def _is_strange(width: int, height: int) -> bool:
    """Return whether a container declares a size that hardly any film has."""
    return max(width, height) > _MAX_USUAL_PIXELS or not 1 / _MAX_USUAL_SHAPE <= width / height <= _MAX_USUAL_SHAPE
