"""Frames made small and upright, and what is done with small pictures: measured, laid side by side, written as WebP."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

# Measured: method 2 takes a third of the time of method 3 and makes files 4 % larger.
_METHOD = 2
# Colour is coded in the way of high definition from here on, where a file does not say.
_LINES_OF_HD = 720
_UNSPECIFIED = 2


@dataclass(frozen=True)
class Small:
    """A small upright picture: its three planes of yuv420p without padding."""

    width: int
    height: int
    planes: tuple[bytes, bytes, bytes]


class Scaler:
    """Makes small pictures of one size; it keeps what is computed for a size and a format of pixels."""

    def __init__(self, size: tuple[int, int], rotation: int) -> None:
        self.size, self._rotation = size, rotation
        self._reformatter = VideoReformatter()

    def scale(self, frame: VideoFrame) -> Small:
        """Return the frame upright and small, in the colours that WebP means."""
        size, rotation = self.size, self._rotation
        width, height = size if rotation in (0, 180) else (size[1], size[0])
        is_high_definition = frame.colorspace == _UNSPECIFIED and frame.height >= _LINES_OF_HD
        small = self._reformatter.reformat(
            frame,
            width,
            height,
            "yuv420p",
            src_colorspace=Colorspace.ITU709 if is_high_definition else None,
            dst_colorspace=Colorspace.ITU601,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,
            threads=1,
        )
        luma, blue, red = (_unpadded(small, index, index > 0) for index in range(3))
        chroma_size = (width // 2, height // 2)
        return Small(
            *size,
            (
                _turn(luma, width, height, rotation),
                _turn(blue, *chroma_size, rotation),
                _turn(red, *chroma_size, rotation),
            ),
        )


def _unpadded(frame: VideoFrame, index: int, is_chroma: bool) -> bytes:
    plane = frame.planes[index]
    width, height = (frame.width // 2, frame.height // 2) if is_chroma else (frame.width, frame.height)
    padded = bytes(plane)
    if plane.line_size == width:
        return padded[: width * height]
    return b"".join(padded[line : line + width] for line in range(0, height * plane.line_size, plane.line_size))


def _turn(plane: bytes, width: int, height: int, rotation: int) -> bytes:
    """Return a plane turned clockwise."""
    if rotation == 0:
        return plane
    if rotation == 180:
        return plane[::-1]
    columns = [plane[column : width * height : width] for column in range(width)]
    if rotation == 90:
        return b"".join(column[::-1] for column in columns)
    return b"".join(reversed(columns))


def shades(picture: Small) -> tuple[int, int]:
    """Return how many steps of luma lie between the darkest and the brightest parts, and how bright these are."""
    lumas = sorted(picture.planes[0][::13])
    darkest, brightest = lumas[len(lumas) // 50], lumas[-1 - len(lumas) // 50]
    return brightest - darkest, brightest


def average_color(picture: Small) -> str:
    """Return "#rrggbb". ITU-R BT.601, limited range."""
    # Every seventh pixel tells it as well, and no picture is striped by sevens.
    luma, blue, red = (sum(part) / len(part) for part in (plane[::7] for plane in picture.planes))
    light, blue, red = 1.164 * (luma - 16), blue - 128, red - 128
    parts = (light + 1.596 * red, light - 0.392 * blue - 0.813 * red, light + 2.017 * blue)
    return "#" + "".join(f"{min(max(round(part), 0), 255):02x}" for part in parts)


def sheet(pictures: Sequence[Small], columns: int) -> Small:
    """Return pictures of one size side by side, row by row; what is missing in the last row is black."""
    width, height = pictures[0].width, pictures[0].height
    rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    luma, blue, red = (
        _sheet_plane([[picture.planes[index] for picture in row] for row in rows], columns, width, index)
        for index in range(3)
    )
    return Small(columns * width, len(rows) * height, (luma, blue, red))


def _sheet_plane(rows: Sequence[Sequence[bytes]], columns: int, tile_width: int, index: int) -> bytes:
    width = tile_width if index == 0 else tile_width // 2
    empty = bytes([16 if index == 0 else 128])
    lines: list[bytes] = []
    for row in rows:
        padding = empty * (width * (columns - len(row)))
        for offset in range(0, len(row[0]), width):
            lines.extend(plane[offset : offset + width] for plane in row)
            lines.append(padding)
    return b"".join(lines)


def webp(picture: Small, quality: int) -> bytes:
    """Return the picture as WebP."""
    frame = VideoFrame(picture.width, picture.height, "yuv420p")
    for index, plane in enumerate(frame.planes):
        width = picture.width if index == 0 else picture.width // 2
        pixels, view = picture.planes[index], memoryview(plane)
        for line, offset in enumerate(range(0, len(pixels), width)):
            start = line * plane.line_size
            view[start : start + width] = pixels[offset : offset + width]
    encoder = av.CodecContext.create("libwebp", "w")
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuv420p"
    encoder.time_base = Fraction(1)
    encoder.options = {"quality": str(quality), "compression_level": str(_METHOD)}
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
