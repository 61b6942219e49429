"""Where the pictures of a video are kept: found by its id, so that they stay with it wherever its file goes."""

import errno
import os
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from videos.core.errors import LibraryError

if TYPE_CHECKING:
    # With numpy and PyAV behind it, which who only removes pictures has no use for.
    from videos.media.thumbnails import Pictures

# A folder for each thousand videos: some file systems are slow with a million names in one.
_PER_FOLDER = 1000


class PicturesNotSaved(LibraryError):
    """The pictures cannot be written, because of the disk and not of the video. Nothing half-written is left."""


def cover_path(generated: Path, video_id: int) -> Path:
    return _folder(generated, video_id) / f"{video_id}.cover.webp"


def sprite_path(generated: Path, video_id: int) -> Path:
    return _folder(generated, video_id) / f"{video_id}.sprite.webp"


def pictures_folder(generated: Path) -> Path:
    return generated / "pictures"


def _folder(generated: Path, video_id: int) -> Path:
    return pictures_folder(generated) / str(video_id // _PER_FOLDER)


def open_picture(path: Path) -> int:
    """Return a descriptor of the picture, opened for reading. Raises OSError, also for what is no regular file."""
    # O_NONBLOCK: whatever else lies there must not be waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return descriptor


def save_pictures(generated: Path, video_id: int, pictures: "Pictures") -> None:
    """Put the pictures in their place, each whole or not at all. Raises PicturesNotSaved."""
    try:
        _folder(generated, video_id).mkdir(parents=True, exist_ok=True)
        _write(cover_path(generated, video_id), pictures.cover)
        if pictures.sprite:
            _write(sprite_path(generated, video_id), pictures.sprite.image)
        else:
            sprite_path(generated, video_id).unlink(missing_ok=True)
    except OSError as error:
        raise PicturesNotSaved(
            f"Pictures cannot be written to {generated}: {error.strerror}. The videos are not touched; the worker"
            " goes on by itself when there is room."
        ) from error


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(draft, "xb") as file:
            file.write(content)
            file.flush()
            # Before the rename: after a power cut the name must not stand for an empty file.
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise


def remove_pictures(generated: Path, video_ids: Iterable[int]) -> None:
    """Remove the pictures of these videos, where there are any."""
    for video_id in video_ids:
        for path in (cover_path(generated, video_id), sprite_path(generated, video_id)):
            # What cannot be removed is not shown, either: the row says which pictures there are.
            with suppress(OSError):
                path.unlink()


def remove_drafts(generated: Path) -> None:
    """Remove what a killed worker left half-written. To be called while no other worker writes."""
    for draft in generated.glob("pictures/*/.*.part"):
        with suppress(OSError):
            draft.unlink()
