"""The facts about a video file: size, duration, codecs, tracks and chapters."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from videos.core.problems import Problem
from videos.media.demuxer import UnreadableMedia, open_media, video_stream
from videos.media.durations import timing_of
from videos.media.file_signatures import HEAD_BYTES, is_webm
from videos.media.packet_times import MAX_SECONDS
from videos.media.stream_description import rotation_of

MAX_TEXT = 200  # characters of a title
MAX_TRACKS = 64  # of a kind
MAX_CHAPTERS = 1000
MAX_PIXELS = 65_535  # of a side
MAX_BIT_RATE = 1_000_000_000_000
MAX_CHANNELS = 64

_BRANDS = {"qt": "mov", "3gp": "3gp", "3g2": "3g2"}
_SHORT_NAMES = {"yuv4mpegpipe": "y4m", "asf_o": "asf", "vc1test": "vc1", "obu": "av1"}
# ISO 639, or BCP 47 as Matroska has it.
_LANGUAGE = re.compile(r"(?=.{2,20}$)[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_JOINERS = "\u200c\u200d"  # zero-width joiners, used inside Persian words and emoji


@dataclass(frozen=True)
class Track:
    """An audio or subtitle track. `codec` is FFmpeg's name or ""; `channels` is 0 for subtitles."""

    codec: str
    language: str
    title: str
    channels: int
    is_default: bool


@dataclass(frozen=True)
class Chapter:
    start_seconds: float
    end_seconds: float
    title: str


@dataclass(frozen=True)
class Facts:
    """The facts of a file; every number is finite, every text short and clean.

    width, height: as shown, after rotation, and with pixels that are not square counted into the width;
    rotation: the degrees clockwise that turn the coded picture upright: 0, 90, 180 or 270;
    container: short: mp4 mov matroska webm avi asf mpegts ogg flv; codecs by FFmpeg's names, "" where there is none;
    bit_rate: bits per second of the whole file.
    """

    duration_seconds: float | None
    width: int
    height: int
    frame_rate: float | None
    rotation: int
    container: str
    video_codec: str
    audio_codec: str
    bit_rate: int | None
    audio: tuple[Track, ...]
    subtitles: tuple[Track, ...]
    chapters: tuple[Chapter, ...]


def probe(descriptor: int) -> Facts:
    """Return the facts of an open file. Raises UnreadableMedia."""
    with open_media(descriptor) as container:
        return facts_of(container, descriptor)


def facts_of(container: InputContainer, descriptor: int) -> Facts:
    """Return the facts of an open container. Raises UnreadableMedia."""
    stream = video_stream(container)
    if _is_encrypted(container, stream):
        raise UnreadableMedia(Problem.ENCRYPTED.sentence)
    rotation = rotation_of(container, stream)
    width, height = _size_shown(stream, rotation)
    timing = timing_of(container, stream, descriptor)
    audio = tuple(_track(each) for each in container.streams.audio[:MAX_TRACKS])
    default_audio = next((track for track in audio if track.is_default), audio[0] if audio else None)
    return Facts(
        duration_seconds=timing.seconds,
        width=width,
        height=height,
        frame_rate=timing.frame_rate,
        rotation=rotation,
        container=_container_name(container, os.pread(descriptor, HEAD_BYTES, 0)),
        video_codec=_codec_name(stream),
        audio_codec=default_audio.codec if default_audio else "",
        bit_rate=_bit_rate(os.fstat(descriptor).st_size, timing.seconds),
        audio=audio,
        subtitles=tuple(_track(each) for each in container.streams.subtitles[:MAX_TRACKS]),
        chapters=_chapters(container, timing.seconds or MAX_SECONDS),
    )


def clean_text(text: str, most: int = MAX_TEXT) -> str:
    """Return the text on one line, without characters that JSON, a database or a page cannot take, cut to a length."""
    # The text may be megabytes long.
    printable = "".join(char if char.isprintable() or char in _JOINERS else " " for char in text[: most * 4])
    return " ".join(printable.split())[:most].rstrip()


def _is_encrypted(container: InputContainer, stream: VideoStream) -> bool:
    # FFmpeg's metadata keys for ASF and Matroska.
    if any(name.startswith(("ASF_Protection", "ASF_License", "ASF_Key_ID")) for name in container.metadata):
        return True
    if "enc_key_id" in stream.metadata:
        return True
    if "mov" not in container.format.name.split(","):
        return False
    try:
        packet = next(container.demux(stream), None)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  whatever is wrong with its first packet, it is not encrypted
        return False
    return packet is not None and packet.has_sidedata("encryption_info")


def _size_shown(stream: VideoStream, rotation: int) -> tuple[int, int]:
    width, height = stream.codec_context.width, stream.codec_context.height
    if not (0 < width <= MAX_PIXELS and 0 < height <= MAX_PIXELS):
        problem = Problem.TOO_LARGE if width * height else Problem.NO_SIZE
        raise UnreadableMedia(problem.sentence)
    ratio = stream.sample_aspect_ratio or Fraction(1)
    # Films have shapes between 1:3 and 3:1; anything beyond is damage.
    if not Fraction(1, 4) <= ratio <= 4:
        ratio = Fraction(1)
    width = min(max(round(width * ratio), 1), MAX_PIXELS)
    return (height, width) if rotation in (90, 270) else (width, height)


def _bit_rate(size_bytes: int, duration_seconds: float | None) -> int | None:
    if not duration_seconds:
        return None
    rate = round(size_bytes * 8 / duration_seconds)
    return rate if 0 < rate <= MAX_BIT_RATE else None


def _container_name(container: InputContainer, head: bytes) -> str:
    names = container.format.name.split(",")
    if "matroska" in names:
        return "webm" if is_webm(head) else "matroska"
    if "mov" not in names:
        return _SHORT_NAMES.get(names[0], names[0])
    brand = container.metadata.get("major_brand", "qt")
    return next((name for start, name in _BRANDS.items() if brand.startswith(start)), "mp4")


def _codec_name(stream: Stream) -> str:
    return clean_text(stream.codec_context.codec.canonical_name) if stream.codec_context is not None else ""


def _track(stream: Stream) -> Track:
    channels = 0
    if isinstance(stream, AudioStream) and stream.codec_context is not None:
        channels = min(max(stream.codec_context.channels, 0), MAX_CHANNELS)
    language = clean_text(stream.metadata.get("language", ""))
    return Track(
        codec=_codec_name(stream),
        language=language if _LANGUAGE.fullmatch(language) and language != "und" else "",
        title=clean_text(stream.metadata.get("title", "")),
        channels=channels,
        is_default=bool(stream.disposition & Disposition.default),
    )


def _chapters(container: InputContainer, seconds: float) -> tuple[Chapter, ...]:
    """Return the chapters in order, without overlaps, and none after the end of the video."""
    chapters: Iterable[av.container.core.Chapter] = container.chapters()
    found: dict[float, Chapter] = {}
    for chapter in chapters:
        base = chapter["time_base"]
        if base is None:
            continue
        start, end = float(chapter["start"] * base), float(chapter["end"] * base)
        if 0 <= start < seconds:
            start = round(start, 3)
            # If several editions have chapters at the same time, the first one counts.
            found.setdefault(start, Chapter(start, round(end, 3), chapter["metadata"].get("title", "")))
    in_order = [found[start] for start in sorted(found)[: MAX_CHAPTERS + 1]]
    ends = [following.start_seconds for following in in_order[1:]] + [round(seconds, 3)]
    return tuple(
        Chapter(each.start_seconds, min(each.end_seconds, most) if each.end_seconds > each.start_seconds else most,
                clean_text(each.title))
        for each, most in zip(in_order[:MAX_CHAPTERS], ends, strict=False)
    )  # fmt: skip
