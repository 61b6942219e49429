"""The pictures of a video: cover, average colour, and a sprite of small frames for the seek bar."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from av.container import InputContainer
from av.video.frame import VideoFrame

from videos.media.color_coding import DeclaredColors
from videos.media.demuxer import UnreadableMedia, video_stream
from videos.media.file_signatures import NO_PICTURES
from videos.media.image_ops import Exposure, Scaler, Small, average_color, shades, sheet, webp
from videos.media.keyframes import Keyframes
from videos.media.probe import Facts
from videos.media.stream_description import colors_declared
from videos.media.tone_mapping import Light

COVER_WIDTH = 480
MAX_COVER_HEIGHT = 1200
MAX_SPRITE_FRAMES = 100
SECONDS_BETWEEN_FRAMES = 10
TILE_WIDTH, TILE_HEIGHT = 240, 180  # a tile fits into it
MAX_COLUMNS = 10

_COVER_QUALITY, _SPRITE_QUALITY = 70, 55

# Skip the start: it is often a logo, or black.
_COVER_AT = 0.1
# Out of 220 shades of luma: noise on black or white stays below this.
_SHADES_OF_BLANK = 12
_LUMA_OF_BLACK = 30
# Sound often lasts a little longer than the picture: no tile for that.
_SECONDS_OF_NOTHING = 0.1
# Durations this close give the same tiles.
_SECONDS_ALIKE = 1.0


@dataclass(frozen=True)
class Sprite:
    """Small frames side by side, row by row, in one WebP image; tile i applies from times[i] on, in seconds."""

    image: bytes
    columns: int
    tile_width: int
    tile_height: int
    times: tuple[float, ...]


@dataclass(frozen=True)
class Pictures:
    """The cover as WebP, 480 pixels wide; its average colour, "#rrggbb"; the sprite, None without a duration."""

    cover: bytes
    color: str
    sprite: Sprite | None


@dataclass(frozen=True)
class MadeFor:
    """What earlier rules made pictures for, from a file that has not changed since."""

    duration_seconds: float | None
    width: int
    height: int


def are_as_before(container: InputContainer, facts: Facts, made_for: MadeFor) -> bool:
    """Return whether pictures made by the rules before tone mapping would come out the same now."""
    if (facts.width, facts.height) != (made_for.width, made_for.height):
        return False
    if (facts.duration_seconds is None) != (made_for.duration_seconds is None):
        return False
    if abs((facts.duration_seconds or 0) - (made_for.duration_seconds or 0)) > _SECONDS_ALIKE:
        return False
    stream = video_stream(container)
    return not colors_declared(container, stream).coding(stream.width, stream.height).is_wide


def take_pictures(container: InputContainer, facts: Facts, on_frame: Callable[[], None] = lambda: None) -> Pictures:
    """Return the pictures of an open video, each keyframe decoded once. Raises UnreadableMedia.

    `on_frame` is called at each step, to report progress.
    """
    stream = video_stream(container)
    studio = _Studio(facts, colors_declared(container, stream))
    keyframes = Keyframes(container, stream, facts.duration_seconds, on_frame)
    cover = _CoverChoice(studio)
    times = sprite_times(facts.duration_seconds)
    tiles = _take_tiles(keyframes, studio, times, cover) if times else []
    if cover.is_blank:
        _look_further(keyframes, cover)
    image = cover.picture()
    sprite = _sprite(_developed(tiles, studio.exposure), times, on_frame) if tiles else None
    return Pictures(webp(image, _COVER_QUALITY), average_color(image), sprite)


def sprite_times(duration_seconds: float | None) -> tuple[float, ...]:
    """Return the start time of each tile: every 10 seconds, or 100 evenly over videos longer than 1000."""
    if duration_seconds is None:
        return ()
    count = math.ceil((duration_seconds - _SECONDS_OF_NOTHING) / SECONDS_BETWEEN_FRAMES)
    count = min(max(count, 1), MAX_SPRITE_FRAMES)
    step = max(SECONDS_BETWEEN_FRAMES, duration_seconds / MAX_SPRITE_FRAMES)
    return tuple(round(index * step, 3) for index in range(count))


def sprite_index(
    columns: int,
    tile_width: int,
    tile_height: int,
    times: Sequence[float],
    duration_seconds: float | None,
    image_url: str,
) -> str:
    """Return the WebVTT text that maps times to parts of the image.

    The last cue ends with the video. `image_url` is trusted: it contains no line end.
    """
    cues = ["WEBVTT\n"]
    for index, start in enumerate(times):
        until = times[index + 1] if index + 1 < len(times) else max(duration_seconds or 0.0, start + 0.001)
        x, y = index % columns * tile_width, index // columns * tile_height
        cues.append(f"{_clock(start)} --> {_clock(until)}\n{image_url}#xywh={x},{y},{tile_width},{tile_height}\n")
    return "\n".join(cues)


def _clock(seconds: float) -> str:
    """Return "00:01:02.500"."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"


class _Studio:
    """Makes the tiles and the cover of one film from its frames, with one exposure for all."""

    def __init__(self, facts: Facts, declared: DeclaredColors) -> None:
        self.exposure = Exposure()
        sizes = _tile_size(facts.width, facts.height), _cover_size(facts.width, facts.height)
        self.tiles, self.covers = (Scaler(size, facts.rotation, declared, self.exposure) for size in sizes)


class _CoverChoice:
    """Keeps the best frame offered so far: one that is not blank, then the one with more contrast."""

    def __init__(self, studio: _Studio) -> None:
        self._covers, self._exposure = studio.covers, studio.exposure
        self._best: Small | Light | None = None
        self._most_shades = -1
        self.is_blank = True

    def offer(self, frame: VideoFrame, tile: Small | Light | None = None) -> None:
        """Consider a frame as the cover, judged by its tile if there is one."""
        looked_at = tile or self._covers.scale(frame)
        count, brightest = shades(self._exposure.develop(looked_at))
        is_blank = count < _SHADES_OF_BLANK or brightest < _LUMA_OF_BLACK
        if (not is_blank, count) > (not self.is_blank, self._most_shades):
            self._best = self._covers.scale(frame) if tile else looked_at
            self._most_shades, self.is_blank = count, is_blank

    def picture(self) -> Small:
        if self._best is None:
            raise UnreadableMedia(NO_PICTURES)
        return self._exposure.develop(self._best)


def _take_tiles(
    keyframes: Keyframes, studio: _Studio, times: Sequence[float], cover: _CoverChoice
) -> list[Small | Light]:
    """Return a tile for each time, and offer each frame as the cover. None without any picture."""
    tiles: list[Small | Light | None] = []
    decoded, tile = None, None
    for index, packet in enumerate(keyframes.shown_at(times)):
        if packet is not None and packet is not decoded:
            decoded = packet
            frame = keyframes.decode(packet)
            tile = studio.tiles.scale(frame) if frame is not None else tile
            # The first good frame after the opening is good enough.
            if frame is not None and (cover.is_blank or index <= len(times) * _COVER_AT):
                cover.offer(frame, tile)
        tiles.append(tile)
    first = next((tile for tile in tiles if tile is not None), None)
    # A tile that could not be decoded repeats the one before it, at the start the one after it.
    return [each or first for each in tiles] if first is not None else []


def _developed(tiles: Sequence[Small | Light], exposure: Exposure) -> list[Small]:
    """Return the tone-mapped tiles; one that is used several times is mapped once."""
    developed = {id(tile): exposure.develop(tile) for tile in {id(tile): tile for tile in tiles}.values()}
    return [developed[id(tile)] for tile in tiles]


def _look_further(keyframes: Keyframes, cover: _CoverChoice) -> None:
    """Offer all keyframes, then the frames between them, until one is not blank."""
    for frames in (_decoded(keyframes), keyframes.every_frame()):
        for frame in frames:
            cover.offer(frame)
            if not cover.is_blank:
                return


def _decoded(keyframes: Keyframes) -> Iterator[VideoFrame]:
    for packet in keyframes.all():
        if (frame := keyframes.decode(packet)) is not None:
            yield frame


def _cover_size(width: int, height: int) -> tuple[int, int]:
    return COVER_WIDTH, min(_even(COVER_WIDTH * height / width), MAX_COVER_HEIGHT)


def _tile_size(width: int, height: int) -> tuple[int, int]:
    scale = min(TILE_WIDTH / width, TILE_HEIGHT / height)
    return min(_even(width * scale), TILE_WIDTH), min(_even(height * scale), TILE_HEIGHT)


def _even(length: float) -> int:
    return max(round(length / 2) * 2, 2)


def _sprite(tiles: Sequence[Small], times: tuple[float, ...], on_frame: Callable[[], None]) -> Sprite:
    columns = min(len(tiles), MAX_COLUMNS)
    image = sheet(tiles, columns)
    on_frame()
    return Sprite(webp(image, _SPRITE_QUALITY), columns, tiles[0].width, tiles[0].height, times)
