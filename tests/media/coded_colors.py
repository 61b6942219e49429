"""Films of flat patches, coded in any of the ways that H.273 names, and always of the same colours."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

Array = np.ndarray

# Eight patches in two rows: R'G'B' of BT.709, as SDR has them.
PATCHES = np.array(
    [
        [[255, 255, 255], [191, 191, 40], [40, 191, 191], [40, 191, 40]],
        [[191, 40, 191], [191, 40, 40], [40, 40, 191], [90, 90, 90]],
    ],
    np.uint8,
)
PLACES = {(row, column): ((column + 0.5) / 4, (row + 0.5) / 2) for row in range(2) for column in range(4)}

BT709, BT2020, P3 = 1, 9, 12
PQ, HLG = 16, 18
_RED_GREEN_BLUE = {
    BT709: [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)],
    BT2020: [(0.708, 0.292), (0.170, 0.797), (0.131, 0.046)],
    P3: [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)],
}


_OPTIONS = {
    "libx264": {"g": "5", "crf": "1"},
    "libx264rgb": {"g": "5", "crf": "1"},
    "libx265": {"x265-params": "keyint=5:bframes=0:log-level=none", "crf": "1"},
}


@dataclass(frozen=True)
class Coded:
    """How a film is coded, and what it is told to say of that: `said` replaces some of the tags, 2 is "unspecified"."""

    matrix: int = BT709
    transfer: int = BT709
    primaries: int = BT709
    is_full_range: bool = False
    white: float = 100  # candela a square metre, for PQ and HLG
    codec: str = "libx264"
    pixels: str = "yuv420p"
    container: str = "mkv"
    width: int = 320
    height: int = 192
    said: tuple[tuple[str, int], ...] = ()
    seconds: float = 0.4
    set_up: Callable[[Any, Any], None] = lambda container, video: None


SDR = Coded()
HDR10 = Coded(BT2020, PQ, BT2020, white=203, pixels="yuv420p10le")
HLG10 = replace(HDR10, transfer=HLG)


def write_film(coded: Coded, path: Path, pictures: Iterable[Array] = (PATCHES,), light: Array | None = None) -> Path:
    """Write a film that shows the pictures, each for an equal part of it. `light` replaces them by linear light, of
    which 1 is white."""
    rate = 5
    frames = round(coded.seconds * rate)
    lights = [light] if light is not None else [(picture / 255.0) ** 2.4 for picture in pictures]
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream(coded.codec, rate=rate, options=_OPTIONS.get(coded.codec, {}))
        video.width, video.height, video.pix_fmt = coded.width, coded.height, coded.pixels
        context = video.codec_context
        tags = {
            "colorspace": coded.matrix, "color_trc": coded.transfer, "color_primaries": coded.primaries,
            "color_range": 2 if coded.is_full_range else 1,
        }  # fmt: skip
        for name, code in {**tags, **dict(coded.said)}.items():
            setattr(context, name, code)
        coded.set_up(container, video)
        planes = [_planes(coded, each) for each in lights]
        for number in range(frames):
            frame = _frame(coded, planes[number * len(planes) // frames])
            for name, code in {**tags, **dict(coded.said)}.items():
                setattr(frame, name, code)
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def _planes(coded: Coded, light: Array) -> Array:
    """Return the samples, 3 x height x width, from 0 to 1 of what the pixels can hold."""
    rows, columns = light.shape[:2]
    size = (coded.height // rows, coded.width // columns)
    light = np.repeat(np.repeat(light, size[0], axis=0), size[1], axis=1)
    linear = light @ (np.linalg.inv(_to_xyz(coded.primaries)) @ _to_xyz(BT709)).T
    if coded.matrix in (14, 15):
        signals = _cones(coded, linear)
    else:
        signals = _signal(coded, np.maximum(linear, 0)) @ _from_rgb(coded.matrix).T
    signals = np.moveaxis(signals, 2, 0)
    if coded.pixels.startswith(("gbr", "rgb")):
        return signals
    if coded.is_full_range:
        return signals + np.array([0, 0.5, 0.5])[:, None, None]
    return (signals * np.array([219, 224, 224])[:, None, None] + np.array([16, 128, 128])[:, None, None]) / 256


def _to_xyz(primaries: int) -> Array:
    colors = np.array([(x, y, 1 - x - y) for x, y in _RED_GREEN_BLUE[primaries]]).T
    white = np.array([0.3127, 0.3290, 0.3583]) / 0.3290
    return colors * np.linalg.solve(colors, white)


def _signal(coded: Coded, linear: Array) -> Array:
    if coded.transfer == PQ:
        return _pq(linear * coded.white)
    if coded.transfer == HLG:
        scene = (linear * coded.white / 1000) ** (1 / 1.2)
        bright = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
        return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)
    if coded.transfer == 8:
        return linear
    return linear ** (1 / 2.4)


def _pq(nits: Array) -> Array:
    part = (np.maximum(nits, 0) / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * part) / (1 + 2392 / 128 * part)) ** (2523 / 32)


def _from_rgb(matrix: int) -> Array:
    if matrix == 0:
        return np.eye(3)
    if matrix == 8:
        return np.array([[0.25, 0.5, 0.25], [-0.25, 0.5, -0.25], [0.5, 0, -0.5]])
    red, blue = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}[matrix]
    luma = np.array([red, 1 - red - blue, blue])
    return np.array([luma, (np.array([0, 0, 1]) - luma) / (2 - 2 * blue), (np.array([1, 0, 0]) - luma) / (2 - 2 * red)])


def _cones(coded: Coded, linear: Array) -> Array:
    """Return ICtCp, or the IPT of Dolby Vision's profile 5, of linear BT.2020."""
    to_lms = np.array([[1688, 2146, 262], [683, 2951, 462], [99, 309, 3688]]) / 4096
    if coded.matrix == 14:
        out = np.array([[2048, 2048, 0], [6610, -13613, 7003], [17933, -17390, -543]]) / 4096
        return _pq(linear @ to_lms.T * coded.white) @ out.T
    # The cones of Hunt, Pointer and Estevez for BT.2020, each seeing 2 % of its neighbours.
    hunt = np.array([[0.4002, 0.7076, -0.0808], [-0.2263, 1.1653, 0.0457], [0, 0, 0.9182]])
    neighbours = np.array([[0.96, 0.02, 0.02], [0.02, 0.96, 0.02], [0.02, 0.02, 0.96]])
    lms = linear @ (neighbours @ hunt @ _to_xyz(BT2020)).T
    to_signal = np.array([[1, 0.09757, 0.20523], [1, -0.11388, 0.13322], [1, 0.03262, -0.67689]])
    return _pq(lms * coded.white) @ np.linalg.inv(to_signal).T


def _frame(coded: Coded, planes: Array) -> Any:
    frame: Any = av.VideoFrame(coded.width, coded.height, coded.pixels)
    if coded.pixels == "rgb24":
        packed = np.moveaxis(planes, 0, 2).reshape(coded.height, -1)
        _fill(frame.planes[0], packed, 255, np.uint8)
        return frame
    if coded.pixels.startswith("gbr"):
        planes = planes[[1, 2, 0]]
    bits = frame.format.components[0].bits
    kind = np.uint8 if bits == 8 else np.dtype("<u2")
    is_rgb_or_full = coded.is_full_range or coded.pixels.startswith("gbr")
    scale = 2**bits - 1 if is_rgb_or_full else 2**bits
    for index, plane in enumerate(frame.planes):
        if index == 3:
            _fill(plane, np.ones((plane.height, plane.width)), 2**bits - 1, kind)
            continue
        across, down = coded.width // plane.width, coded.height // plane.height
        _fill(plane, planes[index, ::down, ::across], scale, kind)
    return frame


def _fill(plane: Any, samples: Array, scale: float, kind: Any) -> None:
    lines = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)
    lines[:, : samples.shape[1]] = np.clip(np.rint(samples * scale), 0, scale)
