"""HDR and wide colour are shown as their SDR twin is; rotation, shape and exposure stay right."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.media.coded_colors import BT709, BT2020, HDR10, HLG, HLG10, P3, PATCHES, PLACES, PQ, SDR, Coded, write_film
from tests.media.test_thumbnails import Image, image, pictures

# Steps of 255.
PATCH_STEPS, AVERAGE_STEPS = 12, 8


def rgb(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color[1:]))


def patch(row: int, column: int) -> tuple[int, ...]:
    return tuple(int(part) for part in PATCHES[row, column])


def shows_the_patches(shown: Image) -> bool:
    for (row, column), (x, y) in PLACES.items():
        assert shown.color(x, y) == pytest.approx(patch(row, column), abs=PATCH_STEPS), (row, column)
    return True


CODINGS = {
    "HDR10 by x265": replace(HDR10, codec="libx265", container="mp4"),
    "HDR10 by x264": HDR10,
    "HDR10 graded for a white of 100": replace(HDR10, white=100),
    "HDR10 of 12 bits": replace(HDR10, codec="libx265", pixels="yuv444p12le", container="mp4"),
    "HDR10 of full range": replace(HDR10, is_full_range=True),
    "HDR10 in a transport stream": replace(HDR10, codec="libx265", container="ts"),
    "HDR10 that the container alone names": replace(HDR10, codec="ffv1"),
    "PQ without its primaries and matrix": replace(HDR10, said=(("color_primaries", 2), ("colorspace", 2))),
    "PQ in RGB": replace(HDR10, matrix=0, codec="ffv1", pixels="gbrp10le"),
    "PQ in the primaries of P3": replace(HDR10, primaries=P3),
    "PQ in ICtCp": replace(HDR10, matrix=14, pixels="yuv444p10le"),
    "HLG": HLG10,
    "HLG by x265, white at 100": replace(HLG10, codec="libx265", container="mp4", white=100),
    "HLG without its primaries": replace(HLG10, said=(("color_primaries", 2),)),
    "SDR in BT.2020": Coded(BT2020, 14, BT2020, pixels="yuv420p10le"),
    "SDR in BT.2020 of 8 bits": Coded(BT2020, BT709, BT2020),
    "SDR in BT.2020 by its matrix alone": Coded(BT2020, 14, BT2020, said=(("color_primaries", 2), ("color_trc", 2))),
    "SDR in P3": Coded(BT709, 13, P3),
    "linear light": Coded(0, 8, BT709, codec="ffv1", pixels="gbrp16le"),
    "YCgCo": Coded(8, BT709, BT709, pixels="yuv444p"),
    "BT.709": SDR,
    "BT.709 of full range": replace(SDR, is_full_range=True),
    "BT.709 of 10 bits": replace(SDR, pixels="yuv422p10le"),
    "BT.709 with alpha": replace(SDR, codec="ffv1", pixels="yuva420p"),
    "BT.601": replace(SDR, matrix=6),
    "BT.601 of full range": replace(SDR, matrix=6, is_full_range=True),
    "RGB": replace(SDR, matrix=0, codec="libx264rgb", pixels="rgb24"),
    "tags that mean nothing": replace(
        SDR, matrix=6, said=(("colorspace", 3), ("color_trc", 3), ("color_primaries", 3))
    ),
    "nothing said, as small as television": replace(SDR, matrix=6, said=(("colorspace", 2), ("color_trc", 2))),
    "nothing said, as large as HD": replace(SDR, width=1280, height=720, said=(("colorspace", 2),)),
    "nothing said, a cinema's shape of HD": replace(SDR, width=1280, height=536, said=(("colorspace", 2),)),
}


@pytest.mark.parametrize("name", CODINGS)
def test_the_same_colours_are_shown_whatever_they_are_coded_in(tmp_path, name):
    coded = CODINGS[name]
    taken = pictures(write_film(coded, tmp_path / f"film.{coded.container}"))
    assert shows_the_patches(image(taken.cover))
    assert taken.sprite is not None
    assert shows_the_patches(image(taken.sprite.image))
    twin = pictures(write_film(SDR, tmp_path / "twin.mkv"))
    assert rgb(taken.color) == pytest.approx(rgb(twin.color), abs=AVERAGE_STEPS)


@pytest.mark.parametrize("coded", [HDR10, HLG10])
def test_light_above_white_is_brighter_than_white_and_keeps_its_hue(tmp_path, coded):
    """White, a lamp of three times as much, an orange flame of as much, a grey: each different from the next."""
    light = np.array([[[1, 1, 1], [3, 3, 3]], [[3, 1, 0.2], [0.2, 0.2, 0.2]]])
    cover = image(pictures(write_film(coded, tmp_path / "film.mkv", light=light)).cover)
    white, lamp, flame, grey = (cover.color(x, y) for y in (0.25, 0.75) for x in (0.25, 0.75))
    assert lamp == pytest.approx((255, 255, 255), abs=4)
    assert all(205 <= part <= 246 for part in white)
    assert flame[0] > 245
    assert 130 < flame[1] < 200
    assert flame[2] < 110
    # By BT.2390 what is far from white stays what it was: 0.2 of white is 130 of 255.
    assert grey == pytest.approx((130, 130, 130), abs=8)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turned_film_of_hdr_is_upright(tmp_path, rotation):
    coded = replace(HDR10, container="mp4", set_up=lambda _, video: video.set_display_rotation(-rotation))
    turned = np.rot90(PATCHES, rotation // 90)
    taken = pictures(write_film(coded, tmp_path / "film.mp4", [turned]))
    assert shows_the_patches(image(taken.cover))
    assert taken.sprite is not None
    assert shows_the_patches(image(taken.sprite.image))


def test_a_dark_scene_is_as_dark_beside_a_bright_one_as_in_sdr(tmp_path):
    """One exposure for all of a film: its first ten seconds are dark, and light comes only then."""
    dark = PATCHES // 3
    sheets = []
    for name, coded in (("hdr", HDR10), ("sdr", SDR)):
        film = write_film(replace(coded, seconds=20), tmp_path / f"{name}.mkv", [dark, PATCHES])
        sprite = pictures(film).sprite
        assert sprite is not None
        assert sprite.times == (0, 10)
        sheets.append(image(sprite.image))
    for x, y in PLACES.values():
        for tile in (0, 1):
            place = ((tile + x) / 2, y)
            assert sheets[0].color(*place) == pytest.approx(sheets[1].color(*place), abs=PATCH_STEPS)


def test_pixels_that_are_not_square_stay_counted_into_the_width_of_hdr(tmp_path):
    def widen(_, video):
        video.codec_context.sample_aspect_ratio = Fraction(64, 45)

    cover = image(
        pictures(write_film(replace(HDR10, width=720, height=576, set_up=widen), tmp_path / "film.mkv")).cover
    )
    assert cover.height == 270
    assert shows_the_patches(cover)


def test_a_grey_film_of_hdr_is_grey(tmp_path):
    coded = replace(HDR10, codec="ffv1", pixels="gray10le")
    cover = image(pictures(write_film(coded, tmp_path / "film.mkv")).cover)
    assert cover.color(*PLACES[0, 0]) == pytest.approx((255, 255, 255), abs=PATCH_STEPS)
    assert cover.color(*PLACES[1, 3]) == pytest.approx((90, 90, 90), abs=PATCH_STEPS)


def grown(content: bytes, path: tuple[bytes, ...], addition: bytes) -> bytes:
    """Return an MP4 whose index stands at its end with a box more, behind the last of the boxes of this path."""
    changed = bytearray(content)
    start = 0
    for name in path:
        start = changed.index(name, start)
        size = int.from_bytes(changed[start - 4 : start])
        changed[start - 4 : start] = (size + len(addition)).to_bytes(4)
        end = start - 4 + size
    changed[end:end] = addition
    return bytes(changed)


def test_dolby_vision_without_a_base_layer_is_neither_green_nor_purple(tmp_path):
    """Profile 5: its pictures are IPT, and only a box beside the codec's own says so."""
    said = (("colorspace", 2), ("color_trc", 2), ("color_primaries", 2))
    coded = replace(
        HDR10, matrix=15, codec="libx265", pixels="yuv420p10le", container="mp4", is_full_range=True, said=said
    )
    path = write_film(coded, tmp_path / "film.mp4")
    # Version 1.0, profile 5, level 3, an RPU and a base layer that no other screen can show.
    record = bytes([1, 0, 5 << 1, 3 << 3 | 0b101, 0]) + bytes(19)
    box = (8 + len(record)).to_bytes(4) + b"dvcC" + record
    content = path.read_bytes()
    assert content.index(b"mdat") < content.index(b"moov")
    entry = b"hev1" if b"hev1" in content else b"hvc1"
    path.write_bytes(grown(content, (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", entry), box))
    shown = image(pictures(path).cover)
    for (row, column), place in PLACES.items():
        assert shown.color(*place) == pytest.approx(patch(row, column), abs=24), (row, column)


def test_numbers_of_light_are_those_of_the_standards():
    """BT.2100: PQ 0.58 is 203 candela, HLG 0.75 is 203 on a screen of 1000."""
    from videos.media.color_coding import ColorCoding
    from videos.media.tone_mapping import light_of

    for transfer, signal in ((PQ, 0.5807), (HLG, 0.75)):
        samples = np.full((3, 2, 2), round(signal * 65_535), np.uint16)
        light = light_of(samples, ColorCoding(0, transfer, BT2020, True))
        assert light.nits == pytest.approx(203, rel=0.01)


def test_a_cinemas_xyz_is_taken_as_it_is():
    """SMPTE ST 428-1: X, Y and Z are the primaries. The red of BT.709 is 0.4124, 0.2126, 0.0193 in them."""
    from videos.media.color_coding import PRIMARIES_XYZ, TRANSFER_LINEAR, ColorCoding
    from videos.media.tone_mapping import light_of

    red = np.array([0.4124, 0.2126, 0.0193]) * 65_535
    samples = np.broadcast_to(np.rint(red).astype(np.uint16)[:, None, None], (3, 2, 2))
    nits = light_of(samples, ColorCoding(0, TRANSFER_LINEAR, PRIMARIES_XYZ, True)).nits[:, 0, 0]
    assert nits / nits.max() == pytest.approx([1, 0, 0], abs=0.01)
