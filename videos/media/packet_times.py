"""Packet times, read within a few seconds: at the end of a file, at evenly spaced places, or all of them."""

import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Stream
from av.video.stream import VideoStream

MAX_SECONDS = 10_000_000  # nearly four months
# These clocks start anywhere, wrap after 26.5 hours, and restart where recordings are joined.
WITH_CLOCKS = {"mpegts", "mpeg"}

_SECONDS_TO_MEASURE = 4
# At most this much of the end of a file is read.
_MAX_BYTES_OF_END = 32 * 1024 * 1024
CLOCK_SAMPLES = 8
# A jump is bisected down to this many bytes.
_BYTES_TO_A_JUMP = 64 * 1024
# Packets read at each sample, as some have no time.
_PACKETS_TO_A_TIME = 200
# A longer gap between two packets of a stream is a new recording, not a pause.
SECONDS_OF_JUMP = 10.0
# A pause in a slide show looks like a jump; a short one, relative to the whole, is harmless.
_SHARE_OF_JUMP = 0.05
_MAX_SECONDS_OF_PACKET = 0.25
# Decoding order differs from display order by at most this.
_SECONDS_OUT_OF_ORDER = 2.0
# After the last packets come the index and tags, of at most this size.
_BYTES_OF_INDEX = 16 * 1024
_PACKETS_TO_A_RATE = 60


def has_steady_clock(container: InputContainer, stream: VideoStream, size_bytes: int) -> bool:
    """Return whether times rise with the position in the file, so that seeking by time works."""
    if not names_of(container) & WITH_CLOCKS:
        return True
    reading = PacketTimes(container, stream, size_bytes)
    return reading.is_steady(reading.clock_samples())


class PacketTimes:
    """Reads packets of a file for their times, for a few seconds in all."""

    def __init__(self, container: InputContainer, stream: VideoStream, size_bytes: int) -> None:
        self.container, self.stream, self.size_bytes = container, stream, size_bytes
        self.names = names_of(container)
        self.timed: list[Stream] = [stream, *container.streams.audio]
        self.packet_rate: float | None = None
        self._deadline = time.monotonic() + _SECONDS_TO_MEASURE

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self._deadline

    @property
    def start(self) -> float:
        """Return the time of the file's beginning."""
        return (self.container.start_time or 0) / av.time_base

    def seek(self, seconds: float) -> bool:
        try:
            self.container.seek(int(seconds * av.time_base))
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  damaged indexes fail in many ways
            return False
        return True

    def seek_byte(self, place: int) -> bool:
        try:
            self.container.seek(place, unsupported_byte_offset=True)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  as above
            return False
        return True

    def packets(self, *streams: Stream) -> Iterator[Packet]:
        """Yield the packets of these streams from here on, until the end of the file or of the reading time."""
        with _only(self.container, streams):
            try:
                for packet in self.container.demux(*streams):
                    yield packet
                    if self.is_late:
                        return
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001  the file ends where it cannot be read on
                return

    def end_of_index(self) -> tuple[float, float]:
        """Return the start of the last indexed picture or sound, and its distance from the one before; 0 if unknown."""
        ends = [(0.0, 0.0)]
        for stream in self.timed:
            entries, base = stream.index_entries, stream.time_base
            if base is None or not len(entries):
                continue
            last = float(entries[-1].timestamp * base)
            gap = last - float(entries[-2].timestamp * base) if len(entries) > 1 else 0.0
            if 0 <= last <= MAX_SECONDS:
                ends.append((last, max(gap, 0.0)))
        return max(ends)

    def has_index_to_the_end(self) -> bool:
        """Return whether the index of keyframes reaches the end: as much data follows its last entry as precedes it."""
        entries = self.stream.index_entries
        if len(entries) < 2:
            return False
        between, behind = entries[-1].pos - entries[-2].pos, self.size_bytes - entries[-1].pos
        return behind <= 2 * between + _BYTES_OF_INDEX

    def end_of_packets(self, claim: float | None) -> tuple[float, bool]:
        """Return the end of the last picture or sound near the end of the file, and whether that is the end."""
        self._go_near_the_end(claim)
        end, read, times = 0.0, 0, list[float]()
        for packet in self.packets(*self.timed):
            if (time_of := _end_of(packet)) is not None:
                end = max(end, time_of)
            if packet.stream is self.stream and (shown := _shown(packet)) is not None:
                times.append(shown)
            read += packet.size
            if read > _MAX_BYTES_OF_END:
                return end, False
        self.packet_rate = self.packet_rate or _rate_of(times)
        return end, not self.is_late

    def _go_near_the_end(self, claim: float | None) -> None:
        """Seek to the last indexed place, or stay at the start."""
        entries = self.stream.index_entries
        if "matroska" not in self.names:
            _ = self.seek(claim or MAX_SECONDS) or self.seek(0)
        # After the last entry of a Matroska index FFmpeg would read on for minutes.
        elif len(entries) > 1 and self.size_bytes - entries[-2].pos <= _MAX_BYTES_OF_END:
            base = self.stream.time_base or Fraction(1, 1000)
            self.seek(float(entries[-2].timestamp * base))
        else:
            self.seek(0)

    def counted_seconds(self) -> float:
        """Return how long the pictures last without jumps of the clock; 0 if none has a time.

        A part that takes too long to read is extrapolated by its bytes.
        """
        if self.names & WITH_CLOCKS:
            self.seek_byte(0)
        else:
            self.seek(0)
        total, usual, place = 0.0, 0.04, 0
        latest: float | None = None
        for packet in self.packets(self.stream):
            now = _time_of(packet)
            if now is None:
                continue
            place = packet.pos or place
            step = now - latest if latest is not None else 0.0
            # Matroska has only display times, while pictures come in decoding order.
            if latest is not None and -_SECONDS_OUT_OF_ORDER <= step <= 0:
                continue
            usual = step if 0 < step < 1 else usual
            if latest is not None:
                total += step if 0 < step <= SECONDS_OF_JUMP else usual
            latest = now
        if latest is None:
            return 0.0
        total += usual
        return total * self.size_bytes / place if self.is_late and place else total

    def rate_of_start(self) -> float | None:
        """Return the frames a second of the next packets."""
        packets = itertools.islice(self.packets(self.stream), _PACKETS_TO_A_RATE)
        return _rate_of([time_of for packet in packets if (time_of := _shown(packet)) is not None])

    def clock_samples(self) -> list[float]:
        """Return the picture times at evenly spaced places of the file, the first at its start."""
        places = [self.size_bytes * number // CLOCK_SAMPLES for number in range(CLOCK_SAMPLES)]
        return [now for place in places if (now := self.time_at(place)) is not None]

    def time_at(self, place: int) -> float | None:
        """Return the time of the first picture after a place in the file."""
        if not self.seek_byte(place):
            return None
        packets = itertools.islice(self.packets(self.stream), _PACKETS_TO_A_TIME)
        return next((now for each in packets if (now := _time_of(each)) is not None), None)

    def is_steady(self, times: Sequence[float]) -> bool:
        """Return whether the clock never goes back or jumps: its largest step is searched for a jump."""
        steps = [later - earlier for earlier, later in itertools.pairwise(times)]
        if len(steps) < CLOCK_SAMPLES - 1:
            return True
        if min(steps) < 0:
            return False
        number = steps.index(max(steps))
        low, high = (self.size_bytes * each // CLOCK_SAMPLES for each in (number, number + 1))
        before, after = times[number], times[number + 1]
        while high - low > _BYTES_TO_A_JUMP and not self.is_late:
            middle = (low + high) // 2
            now = self.time_at(middle)
            if now is None or not before <= now <= after:
                return now is None
            if now - before > after - now:
                high, after = middle, now
            else:
                low, before = middle, now
        expected = usual_step(times) * (high - low) * CLOCK_SAMPLES / self.size_bytes
        return after - before <= 10 * expected + max(SECONDS_OF_JUMP, _SHARE_OF_JUMP * (times[-1] - times[0]))


@contextmanager
def _only(container: InputContainer, streams: Sequence[Stream]) -> Iterator[None]:
    """Discard the packets of all other streams."""
    wanted = {stream.index for stream in streams}
    others = [stream for stream in container.streams if stream.index not in wanted]
    for other in others:
        other.discard = Discard.all
    try:
        yield
    finally:
        for other in others:
            other.discard = Discard.default


def _time_of(packet: Packet) -> float | None:
    """Return the time that orders packets."""
    stamp = packet.dts if packet.dts is not None else packet.pts
    return float(stamp * packet.time_base) if stamp is not None and packet.time_base is not None else None


def _shown(packet: Packet) -> float | None:
    return float(packet.pts * packet.time_base) if packet.pts is not None and packet.time_base is not None else None


def _end_of(packet: Packet) -> float | None:
    if packet.pts is None or packet.time_base is None:
        return None
    # Packet durations are declared, too, and sometimes absurd.
    lasts = min(max(float((packet.duration or 0) * packet.time_base), 0.0), _MAX_SECONDS_OF_PACKET)
    seconds = float(packet.pts * packet.time_base) + lasts
    return seconds if 0 <= seconds <= MAX_SECONDS else None


def _rate_of(times: Sequence[float]) -> float | None:
    """Return the frame rate of pictures with these times, given enough of them."""
    # In decoding order some of the last pictures are still missing.
    times = sorted(set(times))[: len(times) * 3 // 4]
    if len(times) < 6 or times[-1] <= times[0]:
        return None
    return (len(times) - 1) / (times[-1] - times[0])


def usual_step(times: Sequence[float]) -> float:
    return statistics.median(later - earlier for earlier, later in itertools.pairwise(times)) if len(times) > 1 else 0.0


def names_of(container: InputContainer) -> set[str]:
    return set(container.format.name.split(","))
