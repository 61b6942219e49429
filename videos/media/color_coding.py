"""How the samples of a picture encode colour: matrix, transfer, primaries and range (ITU-T H.273).

The frame's own values win, then those of the container; missing ones are guessed as players do.
"""

from dataclasses import dataclass

from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

# Code points of H.273.
RGB, BT709, UNSPECIFIED = 0, 1, 2
MATRIX_BT601, MATRIX_YCGCO, MATRIX_BT2020, MATRIX_BT2020_CONSTANT = 6, 8, 9, 10
MATRIX_DERIVED, MATRIX_DERIVED_CONSTANT, MATRIX_ICTCP, MATRIX_IPT = 12, 13, 14, 15
TRANSFER_LINEAR, TRANSFER_LOG_100, TRANSFER_LOG_316, TRANSFER_PQ, TRANSFER_DCI, TRANSFER_HLG = 8, 9, 10, 16, 17, 18
PRIMARIES_BT2020, PRIMARIES_XYZ, PRIMARIES_DCI_P3, PRIMARIES_DISPLAY_P3 = 9, 10, 11, 12

_LIMITED, _FULL = 1, 2
_WIDE_MATRICES = {
    MATRIX_YCGCO, MATRIX_BT2020, MATRIX_BT2020_CONSTANT, MATRIX_DERIVED, MATRIX_DERIVED_CONSTANT, MATRIX_ICTCP,
    MATRIX_IPT,
}  # fmt: skip
_OF_BT2020 = {MATRIX_BT2020, MATRIX_BT2020_CONSTANT, MATRIX_ICTCP, MATRIX_IPT}
_KNOWN_MATRICES = _WIDE_MATRICES | {RGB, BT709, 4, 5, MATRIX_BT601, 7}
# Other transfers are gamma curves between 2.2 and 2.8, close enough to BT.709.
_WIDE_TRANSFERS = {
    TRANSFER_LINEAR, TRANSFER_LOG_100, TRANSFER_LOG_316, TRANSFER_PQ, TRANSFER_DCI, TRANSFER_HLG,
}  # fmt: skip
_KNOWN_TRANSFERS = _WIDE_TRANSFERS | {BT709, 4, 5, 6, 7, 11, 12, 13, 14, 15}
# The primaries of standard definition television differ invisibly from BT.709 in a small picture.
_WIDE_PRIMARIES = {PRIMARIES_BT2020, PRIMARIES_XYZ, PRIMARIES_DCI_P3, PRIMARIES_DISPLAY_P3}
_KNOWN_PRIMARIES = _WIDE_PRIMARIES | {BT709, 4, 5, 6, 7, 8, 22}
# From this height on, untagged video is assumed to be coded as high definition.
_WIDTH_OF_HD, _LINES_OF_HD = 1280, 720


@dataclass(frozen=True)
class ColorCoding:
    """Code points of H.273, none of them unspecified."""

    matrix: int
    transfer: int
    primaries: int
    is_full_range: bool

    @property
    def is_wide(self) -> bool:
        """Return whether BT.709 colours have to be computed: for HDR, wide gamut, or no gamma curve."""
        return self.transfer in _WIDE_TRANSFERS or self.primaries in _WIDE_PRIMARIES or self.matrix in _WIDE_MATRICES

    @property
    def is_hdr(self) -> bool:
        return self.transfer in (TRANSFER_PQ, TRANSFER_HLG)


@dataclass(frozen=True)
class DeclaredColors:
    """What the container and the codec's header declare for all pictures: code points, or UNSPECIFIED.

    `is_dolby_ipt`: Dolby Vision profile 5, whose pictures are IPT instead of YCbCr, although their tags do not say so.
    """

    matrix: int
    transfer: int
    primaries: int
    range: int
    is_rgb: bool
    is_dolby_ipt: bool

    @classmethod
    def of(cls, context: VideoCodecContext, *, is_dolby_ipt: bool) -> "DeclaredColors":
        """Return what is declared before a picture is decoded."""
        return cls(
            matrix=int(context.colorspace),
            transfer=int(context.color_trc),
            primaries=int(context.color_primaries),
            range=int(context.color_range),
            is_rgb=context.format is not None and context.format.is_rgb,
            is_dolby_ipt=is_dolby_ipt,
        )

    def coding(self, width: int, height: int, frame: VideoFrame | None = None) -> ColorCoding:
        """Return the coding of a picture of this size: of the frame, else as declared, else guessed."""
        if self.is_dolby_ipt:
            return ColorCoding(MATRIX_IPT, TRANSFER_PQ, PRIMARIES_BT2020, self._is_full(frame, guess=True))
        said = (frame.colorspace, frame.color_trc, frame.color_primaries) if frame is not None else (UNSPECIFIED,) * 3
        is_rgb = frame.format.is_rgb if frame is not None else self.is_rgb
        matrix = _first_known(_KNOWN_MATRICES, said[0], self.matrix)
        if is_rgb:
            matrix = RGB
        elif matrix == RGB:
            matrix = UNSPECIFIED
        transfer = _first_known(_KNOWN_TRANSFERS, said[1], self.transfer)
        primaries = _first_known(_KNOWN_PRIMARIES, said[2], self.primaries)
        if transfer == UNSPECIFIED:
            transfer = TRANSFER_PQ if matrix in (MATRIX_ICTCP, MATRIX_IPT) else BT709
        if primaries == UNSPECIFIED:
            is_bt2020 = transfer in (TRANSFER_PQ, TRANSFER_HLG) or matrix in _OF_BT2020
            primaries = PRIMARIES_BT2020 if is_bt2020 else BT709
        if matrix == UNSPECIFIED:
            matrix = MATRIX_BT2020 if primaries == PRIMARIES_BT2020 else _guessed_matrix(width, height)
        return ColorCoding(matrix, transfer, primaries, self._is_full(frame, guess=is_rgb))

    def _is_full(self, frame: VideoFrame | None, *, guess: bool) -> bool:
        if frame is not None and frame.format.name.startswith("yuvj"):
            return True
        said = int(frame.color_range) if frame is not None else 0
        code = said if said in (_LIMITED, _FULL) else self.range
        return code == _FULL if code in (_LIMITED, _FULL) else guess


def _first_known(known: set[int], *codes: int) -> int:
    return next((int(code) for code in codes if code in known), UNSPECIFIED)


def _guessed_matrix(width: int, height: int) -> int:
    return BT709 if width >= _WIDTH_OF_HD or height >= _LINES_OF_HD else MATRIX_BT601
