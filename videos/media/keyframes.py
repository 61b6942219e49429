"""The keyframe that shows at a time, found with as little reading as the file's index allows."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction

import av
from av.codec.context import Flags
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from videos.media.packet_times import has_steady_clock

# These seek without an index, by bisecting the file or by counting bytes.
_SEARCHED = {
    "mpegts", "mpeg", "ogg", "asf", "asf_o", "mxf", "gxf", "rm", "dv", "wtv", "nut", "yuv4mpegpipe",
}  # fmt: skip
# An index may end this long before the file: the last keyframe is never far.
_SECONDS_UNCOVERED = 30
# A file without an index is read from start to end, but only for this long.
_SECONDS_OF_READING = 45
_PACKETS_TO_A_KEYFRAME = 2000
_FRAMES_IN_A_ROW = 250
# From this width on, skipping the loop filter is invisible in a small picture.
_WIDTH_WITHOUT_LOOP_FILTER = 960


class Keyframes:
    """The keyframes of one stream, each decoded on its own, in one thread.

    `on_step` is called after each packet read and each frame decoded. Damaged parts are skipped.
    """

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        duration_seconds: float | None,
        on_step: Callable[[], None],
    ) -> None:
        self._container, self._stream, self._on_step = container, stream, on_step
        self._duration_seconds = duration_seconds
        self._time_base = stream.time_base or Fraction(1, av.time_base)
        self._start = self._start_of_file()
        self._deadline = time.monotonic() + _SECONDS_OF_READING
        self._size_bytes = container.size
        self._is_steady = duration_seconds is None or has_steady_clock(container, stream, self._size_bytes)
        for other in container.streams:
            other.discard = Discard.all
        stream.discard = Discard.nonkey
        _prepare(stream)

    def shown_at(self, times: Sequence[float]) -> Iterator[Packet | None]:
        """Yield for each of the rising times the keyframe that shows then, or None."""
        if not self._is_steady and self._duration_seconds:
            return self._by_place(times, self._duration_seconds)
        return self._by_index(times) if self._can_seek() else self._by_reading(times)

    def all(self) -> Iterator[Packet]:
        """Yield the keyframes from the start of the file, until the reading time is used up."""
        self._rewind()
        yield from self._packets()

    def decode(self, packet: Packet) -> VideoFrame | None:
        """Return the decoded picture of a keyframe, or None."""
        context = self._stream.codec_context
        frames: list[VideoFrame] = []
        try:
            context.flush_buffers()
            frames = context.decode(packet)
            # Flush, so that the decoder does not wait for more frames to reorder.
            frames = frames or context.decode(None)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  a damaged keyframe is no picture, whatever PyAV calls it
            frames = []
        self._on_step()
        # The H.264 decoder fills gaps in frame numbers with made-up frames.
        return next((frame for frame in frames if frame.key_frame), frames[-1] if frames else None)

    def every_frame(self) -> Iterator[VideoFrame]:
        """Yield the first frames of any type: for files without marked keyframes, or without a useful one."""
        context = self._stream.codec_context
        self._stream.discard = Discard.default
        self._rewind()
        left = _FRAMES_IN_A_ROW
        for packet in self._packets(only_keyframes=False):
            frames: list[VideoFrame] = []
            with suppress(av.error.FFmpegError):
                frames = context.decode(packet)
            self._on_step()
            yield from frames
            left -= max(len(frames), 1)
            if left <= 0:
                return

    def _start_of_file(self) -> int:
        """Return the time stamp of the start."""
        start = self._container.start_time
        return round(Fraction(start, av.time_base) / self._time_base) if start is not None else 0

    def _timestamp(self, seconds: float) -> int:
        return self._start + int(seconds / self._time_base)

    def _seek(self, seconds: float, *, any_frame: bool = False) -> bool:
        try:
            self._container.seek(self._timestamp(seconds), stream=self._stream, any_frame=any_frame)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  damaged indexes fail in many ways, and reading remains
            return False
        return True

    def _rewind(self) -> None:
        """Seek to the first packet; by bytes if a seek by time might land after a keyframe."""
        # WTV is a file system of its own, so byte positions mean nothing.
        is_searched = bool(set(self._container.format.name.split(",")) & (_SEARCHED - {"wtv"}))
        if not is_searched and (self._seek(0) or self._seek(0, any_frame=True)):
            return
        with suppress(av.error.FFmpegError):
            self._container.seek(0, unsupported_byte_offset=True)

    def _can_seek(self) -> bool:
        names = set(self._container.format.name.split(","))
        if names & _SEARCHED:
            return True
        # Matroska reads its index at the first seek.
        if self._duration_seconds is None or not self._seek(0):
            return False
        covered = max(self._duration_seconds - _SECONDS_UNCOVERED, self._duration_seconds * 0.5)
        entries = self._stream.index_entries
        if len(entries) and entries[-1].timestamp >= self._timestamp(min(covered, self._duration_seconds - 0.001)):
            return True
        return len(entries) > 0 and (self._duration_seconds <= _SECONDS_UNCOVERED or self._lands_near(covered, names))

    def _lands_near(self, seconds: float, names: set[str]) -> bool:
        """Return whether a seek arrives near its target: FFmpeg has an internal index for fragmented MP4."""
        if "mov" not in names or not self._seek(seconds):
            return False
        packet = next(self._packets(), None)
        return packet is not None and _stamp(packet) >= self._timestamp(seconds - _SECONDS_UNCOVERED)

    def _by_index(self, times: Sequence[float]) -> Iterator[Packet | None]:
        previous: Packet | None = None
        for number, seconds in enumerate(times):
            packet = next(self._packets(), None) if self._seek(seconds) else None
            if packet is None and number == 0:
                # A seek in a transport stream may land after its only keyframe.
                yield from self._by_reading(times)
                return
            if packet is not None and previous is not None and _same(packet, previous):
                packet = previous
            previous = packet or previous
            yield packet

    def _by_place(self, times: Sequence[float], duration_seconds: float) -> Iterator[Packet | None]:
        """Seek by the share of bytes: if clocks jump, seeking by time is useless."""
        previous: Packet | None = None
        for seconds in times:
            place = int(self._size_bytes * seconds / duration_seconds)
            with suppress(av.error.FFmpegError):
                self._container.seek(place, unsupported_byte_offset=True)
                previous = next(self._packets(), previous)
            yield previous

    def _by_reading(self, times: Sequence[float]) -> Iterator[Packet | None]:
        """Read the file once; each keyframe shows until the next one."""
        waiting = list(times)
        shown: Packet | None = None
        self._rewind()
        for packet in self._packets():
            while waiting and shown is not None and _stamp(packet) > self._timestamp(waiting[0]):
                waiting.pop(0)
                yield shown
            if not waiting:
                return
            shown = packet
        for _ in waiting:
            yield shown

    def _packets(self, *, only_keyframes: bool = True) -> Iterator[Packet]:
        """Yield packets from here to the end of the file, or until the reading time is used up."""
        without = 0
        try:
            for packet in self._container.demux(self._stream):
                self._on_step()
                if time.monotonic() > self._deadline:
                    return
                if packet.size and (packet.is_keyframe or not only_keyframes):
                    without = 0
                    yield packet
                elif (without := without + 1) > _PACKETS_TO_A_KEYFRAME:
                    return
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  the file ends where it cannot be read on
            return


def _prepare(stream: VideoStream) -> None:
    """Set the decoder to keyframes only, in this thread."""
    context = stream.codec_context
    # Decoder threads would decode ahead what is never used.
    context.thread_count = 1
    # Show damaged pictures whose reference frames are missing.
    context.flags |= Flags.output_corrupt
    if context.width >= _WIDTH_WITHOUT_LOOP_FILTER:
        context.options = {"skip_loop_filter": "all"}


def _stamp(packet: Packet) -> int:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return stamp if stamp is not None else 0


def _same(packet: Packet, other: Packet) -> bool:
    return (packet.pts, packet.dts, packet.pos, packet.size) == (other.pts, other.dts, other.pos, other.size)
