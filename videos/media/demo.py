"""Create short playable demo clips with FFmpeg's generators."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import cast

import av
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.video.stream import VideoStream

from videos.core.errors import LibraryError
from videos.core.files import replacing

WIDTH, HEIGHT, FRAMES_PER_SECOND, SAMPLES_PER_SECOND = 640, 360, 25, 48_000


class DemoFailed(LibraryError):
    """A clip could not be made; nothing of it is left."""


@dataclass(frozen=True)
class Clip:
    """A clip: its path in the folder, FFmpeg's source filter, the codecs, a tone in hertz (0: silent), seconds."""

    name: str
    picture: str
    video_codec: str
    audio_codec: str
    tone_hertz: int
    seconds: int


_SIZE = f"size={WIDTH}x{HEIGHT}:rate={FRAMES_PER_SECOND}"
_SEA = f"gradients={_SIZE}:c0=0x1d3557:c1=0xa8dadc:c2=0xf4a261:n=3:speed=0.02"
_HILLS = f"gradients={_SIZE}:c0=0x2b2d42:c1=0xe76f51:c2=0xf4a261:n=3:speed=0.01:type=radial"
_FRACTAL = f"mandelbrot={_SIZE}:start_scale=2:end_scale=0.02:end_pts=400:inner=convergence"
_LIFE = f"life=size=160x90:rate={FRAMES_PER_SECOND}:mold=10:ratio=0.15:death_color=0x1d3557:life_color=0xf4a261"
CLIPS = (
    Clip("Holidays/Morning at the sea.mp4", _SEA, "libx264", "aac", 220, 20),
    Clip("Holidays/Evening in the hills.mp4", _HILLS, "libx264", "aac", 165, 15),
    Clip("Experiments/Into the fractal.webm", _FRACTAL, "libvpx-vp9", "libopus", 330, 12),
    Clip("Experiments/Game of life.mkv", _LIFE, "libx264", "aac", 440, 12),
    Clip("Test picture.mp4", f"testsrc2={_SIZE}", "libx264", "aac", 262, 30),
)


def make_demo(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Create the clips in `folder` and yield (path, whether it was created); existing files are left alone.

    Raises DemoFailed.
    """
    for clip in CLIPS:
        path = folder / clip.name
        if path.exists():
            yield path, False
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The draft has the clip's extension, by which FFmpeg chooses the container.
            with replacing(path, path.with_name(f".{path.stem}.part{path.suffix}")) as draft:
                encode(clip, draft)
        except (OSError, FFmpegError) as error:
            raise DemoFailed(f"{path} could not be made: {error}") from error
        yield path, True


def encode(clip: Clip, path: Path) -> None:
    """Encode the clip into a file; the path's extension selects the container. Raises FFmpegError or OSError."""
    # The index comes first, so that a browser can start before it has the whole file.
    options = {"movflags": "faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        video_options = _VIDEO_OPTIONS[clip.video_codec]
        video = cast(VideoStream, container.add_stream(clip.video_codec, rate=FRAMES_PER_SECOND, options=video_options))
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = cast(AudioStream, container.add_stream(clip.audio_codec, rate=SAMPLES_PER_SECOND))
        picture = f"{clip.picture},scale={WIDTH}:{HEIGHT}:flags=neighbor,format=yuv420p"
        sound = f"sine=frequency={clip.tone_hertz}:sample_rate={SAMPLES_PER_SECOND},volume=0.1"
        # In the order of their times, so that picture and sound are interleaved.
        frames = heapq.merge(_frames(picture, clip.seconds), _frames(sound, clip.seconds), key=attrgetter("time"))
        for frame in frames:
            packets = video.encode(frame) if isinstance(frame, av.VideoFrame) else audio.encode(frame)
            container.mux(packets)
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


# A keyframe every two seconds makes seeking fast.
_KEYFRAMES = {"g": str(2 * FRAMES_PER_SECOND)}
_VIDEO_OPTIONS = {
    "libx264": {"preset": "veryfast", **_KEYFRAMES},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "b": "1500k", **_KEYFRAMES},
}


def _frames(source: str, seconds: int) -> Iterator[av.VideoFrame | av.AudioFrame]:
    """Yield the frames of a source filter, with times from 0."""
    with av.open(source, format="lavfi") as drawn:
        for frame in drawn.decode(drawn.streams[0]):
            if not isinstance(frame, av.VideoFrame | av.AudioFrame) or (frame.time or 0) >= seconds:
                return
            yield frame
