"""Whatever is done to a file, its analysis ends soon, with facts or a reason; and the next file is analyzed."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.samples import make_sample
from videos.media.decoder_client import Decoder
from videos.media.demuxer import UnreadableMedia

pytestmark = pytest.mark.slow

DAMAGED = (
    "h264.mp4", "hevc.mp4", "vp9.webm", "av1.mp4", "subtitles.mkv", "mpeg4.avi", "wmv.wmv", "h264.ts", "flv.flv",
    "vp8.ogv", "mpeg2.mpg", "motion.mov", "fragments.mp4",
)  # fmt: skip
VARIANTS = 26  # of each


def damaged(content: bytes, chance: random.Random) -> Iterator[bytes]:
    """Yield variants: cut off, bits flipped here and there or in the header, ranges zeroed, moved, left out."""
    size = len(content)
    for number in range(VARIANTS):
        spoilt = bytearray(content)
        kind = number % 6
        if kind == 0:
            del spoilt[chance.randrange(size) :]
        elif kind == 1:
            for _ in range(chance.choice((1, 20, 1000))):
                spoilt[chance.randrange(size)] ^= 1 << chance.randrange(8)
        elif kind == 2:
            for _ in range(20):
                spoilt[chance.randrange(min(size, 4000))] = chance.randrange(256)
        elif kind == 3:
            # The index of an MP4 stands at its end.
            for _ in range(20):
                spoilt[-chance.randrange(1, min(size, 4000))] = chance.randrange(256)
        elif kind == 4:
            start = chance.randrange(size)
            length = min(chance.choice((16, 4096, size // 3)), size - start)
            spoilt[start : start + length] = bytes(length)
        else:
            start = chance.randrange(size)
            del spoilt[start : start + chance.choice((1, 188, 5000))]
        yield bytes(spoilt)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder(stall_seconds=5, most_seconds=10)
    yield decoder
    decoder.close()


def outcome(decoder: Decoder, path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return decoder.analyze(descriptor).problem or "pictures"
    except UnreadableMedia as refused:
        return str(refused)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("name", DAMAGED)
def test_no_damage_hangs_the_decoder_or_ends_it_for_the_next_file(tmp_path, decoder, name):
    sound = make_sample(name, tmp_path)
    path = tmp_path / f"damaged-{name}"
    outcomes = []
    for variant in damaged(sound.read_bytes(), random.Random(name)):
        path.write_bytes(variant)
        started = time.monotonic()
        outcomes.append(outcome(decoder, path))
        assert time.monotonic() - started < 12
    assert len(outcomes) == VARIANTS
    assert all(outcomes)
    assert not [each for each in outcomes if "progress" in each or "nonsense" in each]
    assert outcome(decoder, sound) == "pictures"


def test_there_are_300_variants_and_more():
    assert len(DAMAGED) * VARIANTS >= 300
