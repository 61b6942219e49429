"""Duration and frame rate of a video: its declared values, checked against its packets.

Declared values are free, so they are trusted if an index that is read anyway agrees. Otherwise the end of the file is
read; and if clocks jump, as in joined recordings, the times between the jumps are added up.
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from videos.media.packet_times import (
    CLOCK_SAMPLES,
    MAX_SECONDS,
    SECONDS_OF_JUMP,
    WITH_CLOCKS,
    PacketTimes,
    usual_step,
)

MAX_FRAME_RATE = 1000

# Raw video streams: FFmpeg guesses their duration from a bit rate that they do not keep.
_WITHOUT_TIMES = {"mpegvideo", "h264", "hevc", "vvc"}
# Containers whose index lists every picture and every piece of sound.
_WITH_WHOLE_INDEX = {"mov", "avi"}

# Declared durations may differ from the packets by this: rounding, the last picture, sound that lasts a little longer.
_SECONDS_OFF, _SHARE_OFF = 1.0, 0.02
# A lower rate means a wrong clock if something else in the file says so; a higher one always does.
_MIN_FRAME_RATE, _MAX_LIKELY_FRAME_RATE = 0.1, 300
# Fewer bits a second than a still picture needs, and more bits a pixel than it can have.
_MIN_BIT_RATE, _MAX_BITS_OF_PIXEL, _MAX_BIT_RATE_OF_REST = 100, 48, 20_000_000
# A declared rate within these bounds is only checked if packets are read anyway.
_USUAL_FRAME_RATES = (5, 121)
_RATE_OFF = 1.5


@dataclass(frozen=True)
class Timing:
    """Both None if unknown."""

    seconds: float | None
    frame_rate: float | None


def timing_of(container: InputContainer, stream: VideoStream, descriptor: int) -> Timing:
    """Return duration and frame rate of an open file. Changes its read position."""
    packets = PacketTimes(container, stream, os.fstat(descriptor).st_size)
    seconds = _seconds(packets, descriptor)
    return Timing(seconds, _frame_rate(packets, seconds))


def _sane(seconds: float) -> float | None:
    """Return a plausible duration rounded to milliseconds, or None."""
    return round(seconds, 3) if math.isfinite(seconds) and 0.0005 <= seconds <= MAX_SECONDS else None


def _seconds(packets: PacketTimes, descriptor: int) -> float | None:
    own, base = packets.stream.duration, packets.stream.time_base
    claims = [
        packets.container.duration / av.time_base if packets.container.duration is not None else 0.0,
        float(own * base) if own is not None and base is not None else 0.0,
    ]
    claim = next((seconds for each in claims if (seconds := _sane(each))), None)
    if packets.names & _WITHOUT_TIMES:
        return _by_count(packets)
    if packets.names & WITH_CLOCKS:
        return _by_clocks(packets, claim)
    if "flv" in packets.names:
        end = _sane(_end_of_flv(descriptor, packets.size_bytes))
        return claim if claim and end and _is_near(claim, end) else end or claim or _counted(packets)
    if packets.names & _WITH_WHOLE_INDEX:
        return _by_whole_index(packets, claim)
    return _by_packets(packets, claim)


def _is_near(claim: float, found: float) -> bool:
    return abs(claim - found) <= max(_SECONDS_OFF, _SHARE_OFF * found)


def _counted(packets: PacketTimes) -> float | None:
    """Return the duration by counting pictures, or None if the time for it is used up."""
    return None if packets.is_late else _sane(packets.counted_seconds())


def _by_packets(packets: PacketTimes, claim: float | None) -> float | None:
    """Return the declared duration if the index or the end of the file agrees; else that of the packets."""
    if "matroska" in packets.names:
        packets.seek(0)  # the index is read at the first seek
    last, gap = packets.end_of_index()
    if claim and packets.has_index_to_the_end() and last - _SECONDS_OFF <= claim <= last + 2 * gap:
        return claim
    if claim is None:
        return _counted(packets)
    end, is_end = packets.end_of_packets(claim)
    # Some count from the first time stamp of the file, some from zero.
    ends = (end, end - packets.start)
    if any(_is_near(claim, each) for each in ends) or (not is_end and claim > end):
        return claim
    return (_sane(min(ends)) if is_end else None) or _counted(packets) or _sane(end) or claim


def _by_whole_index(packets: PacketTimes, claim: float | None) -> float | None:
    """Return how long pictures and sound of MP4 and AVI last by their complete index."""
    last, gap = packets.end_of_index()
    # An edit list selects a part. One that selects almost nothing is wrong.
    if claim and (_is_edited(packets) or (last and _is_near(claim, last + gap))):
        candidates = [claim]
    else:
        # Fragments are not in the index; and some files have lost it.
        end, is_end = packets.end_of_packets(claim)
        agrees = claim and (_is_near(claim, end) or (not is_end and claim > end))
        candidates = [
            seconds for each in ((claim or 0.0) if agrees else 0.0, max(last + gap, end)) if (seconds := _sane(each))
        ]
    others = [each for each in _other_clocks(packets) if _is_rate_likely(packets, each)]
    likely = [each for each in candidates if _is_rate_likely(packets, each) or not others]
    counted = [] if candidates or others else [_counted(packets) or 0.0]
    return next((each for each in [*likely, *others, *counted] if _is_size_likely(packets, each)), None)


def _is_edited(packets: PacketTimes) -> bool:
    """Return whether an edit list leaves out pictures."""
    entries = packets.stream.index_entries
    is_shorter = len(entries) < packets.stream.frames - 1 or (len(entries) > 0 and entries[-1].is_discard)
    return is_shorter and "mov" in packets.names


def _is_rate_likely(packets: PacketTimes, seconds: float) -> bool:
    """Return whether a duration implies a plausible frame rate."""
    entries = len(packets.stream.index_entries)
    return entries <= 1 or _MIN_FRAME_RATE <= entries / seconds <= _MAX_LIKELY_FRAME_RATE


def _is_size_likely(packets: PacketTimes, seconds: float) -> bool:
    """Return whether a duration implies a plausible bit rate."""
    context, rate = packets.stream.codec_context, packets.stream.average_rate
    pixels = context.width * context.height * (min(float(rate), _MAX_LIKELY_FRAME_RATE) if rate else 60)
    most = pixels * _MAX_BITS_OF_PIXEL + _MAX_BIT_RATE_OF_REST
    return seconds > 0 and _MIN_BIT_RATE <= packets.size_bytes * 8 / seconds <= most


def _other_clocks(packets: PacketTimes) -> Iterator[float]:
    """Yield durations by other counts: pieces of sound, and pictures at the codec's rate."""
    lasted = [_sound_seconds(sound) for sound in packets.container.streams.audio]
    rate = packets.stream.codec_context.framerate
    if rate and 1 <= rate <= MAX_FRAME_RATE:
        lasted.append(float(packets.stream.frames / rate))
    yield from (seconds for each in lasted if (seconds := _sane(each)))


def _sound_seconds(sound: AudioStream) -> float:
    context = sound.codec_context
    if context is None or context.sample_rate <= 0:
        return 0.0
    samples = 1 if context.name.startswith("pcm_") else max(context.frame_size, 0)
    return sound.frames * samples / context.sample_rate


def _by_count(packets: PacketTimes) -> float | None:
    """Return the duration of a raw stream at its codec's frame rate, if it can be read in a few seconds."""
    rate = packets.stream.codec_context.framerate or packets.stream.average_rate
    if not rate or not 1 <= rate <= MAX_FRAME_RATE:
        return None
    count = sum(1 for packet in packets.packets(packets.stream) if packet.size)
    return None if packets.is_late else _sane(float(count / rate))


def _by_clocks(packets: PacketTimes, claim: float | None) -> float | None:
    """Return the declared duration if the clock runs evenly, else the sum of the times between its jumps."""
    times = packets.clock_samples()
    if claim and packets.is_steady(times) and _is_even(times, claim):
        return claim
    counted = _counted(packets)
    if not packets.is_late:
        return counted or claim
    usual = _sane(usual_step(times) * CLOCK_SAMPLES)
    return usual if usual and not (claim and usual / 2 <= claim <= 2 * usual) else claim


def _is_even(times: Sequence[float], claim: float) -> bool:
    """Return whether a declared duration matches the times sampled across the file."""
    if len(times) < CLOCK_SAMPLES:
        return True
    return (times[-1] - times[0]) / 2 <= claim <= 2 * (times[-1] - times[0]) + SECONDS_OF_JUMP


def _end_of_flv(descriptor: int, size_bytes: int) -> float:
    """Return the time of the last tag of an FLV, found by the length after it; 0 if there is none."""
    length = int.from_bytes(os.pread(descriptor, 4, max(size_bytes - 4, 0)))
    if not 11 <= length <= size_bytes - 4:
        return 0.0
    tag = os.pread(descriptor, 8, size_bytes - 4 - length)
    return (int.from_bytes(tag[4:7]) + (tag[7] << 24)) / 1000 if len(tag) == 8 and tag[0] & 0x1F in (8, 9, 18) else 0.0


def _frame_rate(packets: PacketTimes, seconds: float | None) -> float | None:
    """Return the declared frame rate, unless the packets have another one."""
    stream = packets.stream
    claims = (stream.average_rate, stream.guessed_rate, stream.base_rate)
    claim = next((float(rate) for rate in claims if rate and 0 < rate <= MAX_FRAME_RATE), None)
    least, most = _USUAL_FRAME_RATES
    rates = list(_rates_found(packets))
    if packets.names & _WITH_WHOLE_INDEX and seconds and (not _is_edited(packets) or not least <= (claim or 0) <= most):
        rates.append(stream.frames / seconds)
    if not rates and (claim is None or not least <= claim <= most):
        packets.seek(0)
        rates += [rate for rate in (packets.rate_of_start(), float(stream.codec_context.framerate or 0)) if rate]
    found = next((rate for rate in rates if _MIN_FRAME_RATE <= rate <= _MAX_LIKELY_FRAME_RATE), None)
    if found and (claim is None or not 1 / _RATE_OFF <= claim / found <= _RATE_OFF):
        claim = found
    if claim is None or (seconds is None and claim < _MIN_FRAME_RATE):
        return None
    return round(float(claim), 3) or None


def _rates_found(packets: PacketTimes) -> Iterator[float]:
    stream = packets.stream
    if packets.names & _WITH_WHOLE_INDEX and (count := len(stream.index_entries)) > 1:
        entries, base = stream.index_entries, stream.time_base or 0
        lasted = float((entries[-1].timestamp - entries[0].timestamp) * base)
        if lasted > 0:
            yield (count - 1) / lasted
    if packets.packet_rate:
        yield packets.packet_rate
