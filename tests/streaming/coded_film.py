"""A film of a minute in which each picture says which one it is: twelve stripes, light or dark, are its number."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.media.samples import RATE, X264, Recipe, write

SECONDS = 60
STRIPES = 12
_NUMBER = f"nullsrc=size={STRIPES}x1:rate={RATE},geq=lum='if(mod(floor(N/pow(2,X)),2),200,50)':cb=128:cr=128"
# The noise makes it larger than what a player fetches ahead, so that each seek needs bytes of its own.
_FILM = Recipe(
    "coded.mp4",
    picture=f"{_NUMBER},scale={{size}}:flags=neighbor,noise=alls=14:allf=t",
    seconds=SECONDS,
    width=480,
    height=272,
    video_options={**X264, "g": "50", "crf": "28"},
    container_options={"movflags": "faststart"},
)


def write_coded_film(path: Path) -> None:
    path.write_bytes(_film())


@cache
def _film() -> bytes:
    with TemporaryDirectory() as folder:
        return write(_FILM, Path(folder)).read_bytes()


def picture_number(lightness: list[float]) -> int:
    """Return the number that the stripes say, of which the lightness, 0 to 255, is given from left to right."""
    assert len(lightness) == STRIPES
    assert all(abs(each - 125) > 30 for each in lightness), f"neither light nor dark: {lightness}"
    return sum(2**place for place, each in enumerate(lightness) if each > 125)
