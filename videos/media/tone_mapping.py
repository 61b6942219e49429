"""Tone mapping: HDR and wide-gamut pictures for a BT.709 screen.

A small picture is converted to linear light (`light_of`), and mapped by the curve of ITU-R BT.2390 once the brightest
picture of its film is known. All in numpy with lookup tables, as the pictures are small.
"""

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from videos.media.color_coding import (
    BT709,
    MATRIX_BT601,
    MATRIX_BT2020,
    MATRIX_BT2020_CONSTANT,
    MATRIX_DERIVED,
    MATRIX_DERIVED_CONSTANT,
    MATRIX_ICTCP,
    MATRIX_IPT,
    MATRIX_YCGCO,
    PRIMARIES_BT2020,
    PRIMARIES_DCI_P3,
    PRIMARIES_DISPLAY_P3,
    PRIMARIES_XYZ,
    RGB,
    TRANSFER_DCI,
    TRANSFER_HLG,
    TRANSFER_LINEAR,
    TRANSFER_LOG_100,
    TRANSFER_LOG_316,
    TRANSFER_PQ,
    ColorCoding,
)

Array: TypeAlias = npt.NDArray[np.float32]

# White in candela per square metre. HDR is graded for white at 203 (ITU-R BT.2408), or as SDR at 100.
WHITE_OF_SDR, WHITE_OF_HDR = 100.0, 203.0
# A film with nothing brighter than this was graded for white at 100: it is half way between both, perceptually.
_BRIGHTEST_OF_SDR = 142.0
# Of this many pixels the brightest few are ignored as encoder noise.
_SHARE_OF_BRIGHT = 0.99
_PQ_PEAK, _HLG_PEAK, _HLG_GAMMA = 10_000.0, 1000.0, 1.2
_GAMMA = 2.4  # ITU-R BT.1886
_STEPS = 65_535
_CURVE_POINTS = 1024

# Kr and Kb, from which the matrix to red, green and blue follows.
_LUMA = {
    BT709: (0.2126, 0.0722), 4: (0.3, 0.11), 5: (0.299, 0.114), MATRIX_BT601: (0.299, 0.114), 7: (0.212, 0.087),
    # Constant luminance is treated as non-constant: colours are slightly off at edges.
    MATRIX_BT2020: (0.2627, 0.0593), MATRIX_BT2020_CONSTANT: (0.2627, 0.0593),
    MATRIX_DERIVED: (0.2627, 0.0593), MATRIX_DERIVED_CONSTANT: (0.2627, 0.0593),
}  # fmt: skip
_YCGCO = np.array([[1, -1, 1], [1, 1, 0], [1, -1, -1]], np.float32)
# From ICtCp to LMS, for PQ and HLG (BT.2100), and from Dolby Vision profile 5.
_ICTCP_OF_PQ = np.linalg.inv(np.array([[2048, 2048, 0], [6610, -13613, 7003], [17933, -17390, -543]]) / 4096)
_ICTCP_OF_HLG = np.linalg.inv(np.array([[2048, 2048, 0], [3625, -7465, 3840], [9500, -9212, -288]]) / 4096)
_IPT = np.array([[8192, 799, 1681], [8192, -933, 1091], [8192, 267, -5545]]) / 8192
# From LMS to BT.2020 RGB, for ICtCp and for IPT, whose cones overlap by 2 %.
_ICTCP_LIGHT = np.linalg.inv(np.array([[1688, 2146, 262], [683, 2951, 462], [99, 309, 3688]]) / 4096)
_IPT_LIGHT = np.array([[3.06441879, -2.16597676, 0.10155818], [-0.65612108, 1.78554118, -0.12943749],
                       [0.01736321, -0.04725154, 1.03004253]]) @ (
    np.array([[17081, -349, -349], [-349, 17081, -349], [-349, -349, 17081]]) / 16384
)  # fmt: skip
# The chromaticities (x, y) of red, green, blue and white.
_D65 = (0.3127, 0.329)
_CHROMATICITIES = {
    BT709: ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06), _D65),
    PRIMARIES_BT2020: ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046), _D65),
    PRIMARIES_DISPLAY_P3: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), _D65),
    # Its white point is greenish, but is shown as white on other screens.
    PRIMARIES_DCI_P3: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), _D65),
    PRIMARIES_XYZ: ((1, 0), (0, 1), (0, 0), (1 / 3, 1 / 3)),
}
_LUMINANCE = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True)
class Light:
    """A picture as linear light: 3 x height x width, BT.709 primaries, in candela per square metre, all >= 0."""

    nits: Array
    is_hdr: bool

    @property
    def width(self) -> int:
        return int(self.nits.shape[2])

    @property
    def height(self) -> int:
        return int(self.nits.shape[1])

    @property
    def brightest(self) -> float:
        """Return the brightness of the bright parts, ignoring the last few pixels."""
        tops = self.nits.max(axis=0).ravel()[::7]
        place = min(int(tops.size * _SHARE_OF_BRIGHT), tops.size - 1)
        return float(np.partition(tops, place)[place])


def light_of(planes: npt.NDArray[np.uint16], coding: ColorCoding) -> Light:
    """Return the light of a picture: 3 x height x width samples of 16 bits, YCbCr or RGB as its coding says."""
    nits = _light_table(coding.transfer)[_index(_components(planes, coding))]
    if coding.matrix == MATRIX_IPT:
        nits = _mixed(nits, _IPT_LIGHT)
    elif coding.matrix == MATRIX_ICTCP and coding.transfer == TRANSFER_HLG:
        scene = _mixed((nits / _HLG_PEAK) ** (1 / _HLG_GAMMA), _ICTCP_LIGHT)
        nits = (_HLG_PEAK * np.maximum(scene, 0) ** _HLG_GAMMA).astype(np.float32)
    elif coding.matrix == MATRIX_ICTCP:
        nits = _mixed(nits, _ICTCP_LIGHT)
    primaries = coding.primaries if coding.primaries in _CHROMATICITIES else BT709
    if primaries != BT709:
        nits = _mixed(nits, _to_bt709(primaries))
    return Light(_within_gamut(nits), coding.is_hdr)


def develop(light: Light, brightest: float) -> npt.NDArray[np.uint8]:
    """Return the picture as R'G'B' of BT.709, 3 x height x width; `brightest` is the brightest of all of its film."""
    white = WHITE_OF_HDR if light.is_hdr and brightest > _BRIGHTEST_OF_SDR else WHITE_OF_SDR
    nits = light.nits
    if light.is_hdr and brightest > white:
        grid, scale = _curve(round(brightest, 1), white)
        nits = nits * np.interp(nits.max(axis=0), grid, scale).astype(np.float32)
    return _gamma_table()[_index(nits / white)]


def _components(planes: npt.NDArray[np.uint16], coding: ColorCoding) -> Array:
    """Return R'G'B' or LMS signals from 0 to 1, 3 x height x width."""
    samples = planes.astype(np.float32)
    if coding.matrix == RGB:
        return np.divide(samples, 65_535, dtype=np.float32)
    if coding.is_full_range:
        samples /= 65_535
        samples[1:] -= 32_768 / 65_535
    else:
        samples[0] = (samples[0] - 4096) / 56_064
        samples[1:] = (samples[1:] - 32_768) / 57_344
    return _mixed(samples, _signal_matrix(coding))


def _signal_matrix(coding: ColorCoding) -> npt.NDArray[np.floating]:
    if coding.matrix == MATRIX_YCGCO:
        return _YCGCO
    if coding.matrix == MATRIX_IPT:
        return _IPT
    if coding.matrix == MATRIX_ICTCP:
        return _ICTCP_OF_HLG if coding.transfer == TRANSFER_HLG else _ICTCP_OF_PQ
    red, blue = _LUMA[coding.matrix]
    green = 1 - red - blue
    return np.array(
        [
            [1, 0, 2 - 2 * red],
            [1, -(2 - 2 * blue) * blue / green, -(2 - 2 * red) * red / green],
            [1, 2 - 2 * blue, 0],
        ]
    )


def _mixed(components: Array, matrix: npt.NDArray[np.floating]) -> Array:
    """Return each pixel times the matrix, without BLAS, which would start threads."""
    first, second, third = components
    return np.stack([float(row[0]) * first + float(row[1]) * second + float(row[2]) * third for row in matrix])


def _index(values: Array) -> npt.NDArray[np.uint16]:
    return (np.clip(values, 0, 1) * _STEPS + 0.5).astype(np.uint16)


@cache
def _light_table(transfer: int) -> Array:
    """Return the light of each signal value from 0 to 65,535."""
    signal = np.linspace(0, 1, _STEPS + 1)
    if transfer == TRANSFER_PQ:
        light = _from_pq(signal)
    elif transfer == TRANSFER_HLG:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
        # The system gamma is applied to each colour instead of the luminance, as an SDR camera does (BT.2408,
        # scene-referred mapping).
        light = _HLG_PEAK * scene**_HLG_GAMMA
    elif transfer == TRANSFER_LINEAR:
        light = WHITE_OF_SDR * signal
    elif transfer in (TRANSFER_LOG_100, TRANSFER_LOG_316):
        light = WHITE_OF_SDR * 10 ** ((signal - 1) * (2 if transfer == TRANSFER_LOG_100 else 2.5)) * (signal > 0)
    elif transfer == TRANSFER_DCI:
        light = WHITE_OF_SDR * signal**2.6 * (52.37 / 48)
    else:
        light = WHITE_OF_SDR * signal**_GAMMA
    return light.astype(np.float32)


@cache
def _gamma_table() -> npt.NDArray[np.uint8]:
    """Return the 8-bit signal of each light value from 0 to 65,535."""
    return np.rint(255 * np.linspace(0, 1, _STEPS + 1) ** (1 / _GAMMA)).astype(np.uint8)


@cache
def _to_bt709(primaries: int) -> npt.NDArray[np.floating]:
    return np.linalg.inv(_to_xyz(BT709)) @ _to_xyz(primaries)


def _to_xyz(primaries: int) -> npt.NDArray[np.floating]:
    *colors, white = ((x, y, 1 - x - y) for x, y in _CHROMATICITIES[primaries])
    matrix = np.array(colors).T
    if primaries == PRIMARIES_XYZ:
        return matrix
    return matrix * np.linalg.solve(matrix, np.array(white) / white[1])


def _within_gamut(nits: Array) -> Array:
    """Desaturate colours outside of BT.709 until they are inside."""
    least = nits.min(axis=0)
    if least.min() >= 0:
        return nits
    grey = np.maximum(_LUMINANCE[0] * nits[0] + _LUMINANCE[1] * nits[1] + _LUMINANCE[2] * nits[2], 0)
    share = np.where(least < 0, grey / np.maximum(grey - least, 1e-6), 1).astype(np.float32)
    return np.maximum(grey + (nits - grey) * share, 0)


@cache
def _curve(brightest: float, white: float) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Return light values from 0 to the brightest, and the factor for each (BT.2390 §5.4.1, black at 0)."""
    top = _to_pq(np.float64(brightest))
    signal = np.linspace(0, 1, _CURVE_POINTS)
    most = float(_to_pq(np.float64(white)) / top)
    knee = 1.5 * most - 0.5
    place = np.clip((signal - knee) / (1 - knee), 0, 1)
    spline = (
        (2 * place**3 - 3 * place**2 + 1) * knee
        + (place**3 - 2 * place**2 + place) * (1 - knee)
        + (-2 * place**3 + 3 * place**2) * most
    )
    mapped = _from_pq(np.where(signal < knee, signal, spline) * top)
    light = _from_pq(signal * top)
    return light, np.divide(mapped, light, out=np.ones_like(light), where=light > 0)


# SMPTE ST 2084.
_M1, _M2, _C1, _C2, _C3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875


def _to_pq(nits: npt.NDArray[np.floating] | np.float64) -> npt.NDArray[np.floating]:
    part = np.maximum(nits / _PQ_PEAK, 0) ** _M1
    return np.asarray(((_C1 + _C2 * part) / (1 + _C3 * part)) ** _M2)


def _from_pq(signal: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    part = np.maximum(signal, 0) ** (1 / _M2)
    return _PQ_PEAK * (np.maximum(part - _C1, 0) / (_C2 - _C3 * part)) ** (1 / _M1)
