"""A video file opened through its descriptor and through nothing else: no playlist, address or second file."""

import os

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from videos.core.errors import LibraryError
from videos.media.file_signatures import HEAD_BYTES, NO_VIDEO, disguise, is_boxes, is_matroska, reason_unreadable

# What the extensions of a library can hold. Not there: whatever opens other files (hls, dash, concat, image2, sdp,
# rtsp), whatever makes pictures of anything (tty, subtitles, lavfi, rawvideo), images and sound.
_FORMATS = (
    "mov", "matroska", "webm", "avi", "asf", "asf_o", "mpegts", "mpeg", "mpegvideo", "m4v", "h264", "hevc", "vvc",
    "av1", "obu", "vc1", "vc1test", "ivf", "ogg", "flv", "mxf", "gxf", "rm", "dv", "wtv", "nut", "yuv4mpegpipe",
)  # fmt: skip
_OPTIONS = {
    "protocol_whitelist": "fd",
    "format_whitelist": ",".join(_FORMATS),
    # Off by default too; said here because a QuickTime file may name others.
    "enable_drefs": "0",
    "use_absolute_path": "0",
}
# Not to decode a frame makes opening eight times as fast; these containers say the size of the picture themselves.
_QUICKLY = {"skip_frame": "all", "analyzeduration": "200000"}
# Lines of pictures that television made: where pixels that are not square are at home, and only the codec may say so.
_TELEVISION_LINES = {240, 288, 480, 486, 576, 720, 1080, 1088}
# What is larger than 8K, or longer than any screen, is looked at twice.
_MAX_USUAL_PIXELS, _MAX_USUAL_SHAPE = 8192, 3
_SQUARE_SIZES = {(1280, 720), (1920, 1080), (1920, 1088), (720, 1280), (608, 1080), (1080, 1080), (720, 720)}


class UnreadableMedia(LibraryError):
    """No video could be read; str() is the reason for a person: lower case, no full stop."""


def open_media(descriptor: int) -> InputContainer:
    """Return the open file as a container that has video; the caller closes it. Raises UnreadableMedia.

    Nothing else is opened: no playlist, no address, no second file, whatever the file names.
    """
    try:
        head = os.pread(descriptor, HEAD_BYTES, 0)
    except OSError as error:
        raise UnreadableMedia(f"it cannot be read: {error.strerror}") from error
    if reason := disguise(head):
        raise UnreadableMedia(reason)
    quick = is_boxes(head) or is_matroska(head)
    container = _open(descriptor, _QUICKLY if quick else {})
    if quick and _says_too_little(container):
        container.close()
        container = _open(descriptor, {})
    return container


def video_stream(container: InputContainer) -> VideoStream:
    """Return the stream that is the video: the default one, else the first; never a cover. Raises UnreadableMedia."""
    videos = _videos(container)
    if not videos:
        raise UnreadableMedia(NO_VIDEO)
    # PyAV has no codec context where FFmpeg has no decoder.
    known = [stream for stream in videos if stream.codec_context is not None]
    if not known:
        raise UnreadableMedia("a video codec that is not known")
    return next((stream for stream in known if stream.disposition & Disposition.default), known[0])


def _open(descriptor: int, options: dict[str, str]) -> InputContainer:
    try:
        # FFmpeg reads on from wherever the descriptor stands.
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
        return f"it cannot be read: {error.strerror}"


def _videos(container: InputContainer) -> list[VideoStream]:
    pictures = Disposition.attached_pic | Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & pictures]


def _says_too_little(container: InputContainer) -> bool:
    """Tell whether a quick look missed what only the first frame tells for sure: the size, or the pixels' shape."""
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
    """Tell whether a container claims a size that hardly any film has."""
    return max(width, height) > _MAX_USUAL_PIXELS or not 1 / _MAX_USUAL_SHAPE <= width / height <= _MAX_USUAL_SHAPE
