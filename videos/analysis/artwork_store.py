"""The files of covers and sprites, named by the video's id, so that they stay valid when its file moves."""

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from videos.core.files import atomic_write
from videos.core.work_errors import Failure, WorkFailed

if TYPE_CHECKING:
    # Callers that only remove pictures should not load numpy and PyAV, which this imports.
    from videos.media.thumbnails import Pictures

# A folder for each thousand videos: some file systems are slow with a million names in one.
_PER_FOLDER = 1000


class PicturesNotSaved(WorkFailed):
    """The disk does not take the pictures; the video is not at fault. Nothing half-written is left."""


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
    # O_NONBLOCK: opening a FIFO here must not wait.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return descriptor


def save_pictures(generated: Path, video_id: int, pictures: "Pictures") -> None:
    """Save the pictures, each whole or not at all. Raises PicturesNotSaved."""
    try:
        _folder(generated, video_id).mkdir(parents=True, exist_ok=True)
        # Pictures can be made again, so the folder is not synced after each of a million.
        atomic_write(cover_path(generated, video_id), pictures.cover, syncs_folder=False)
        if pictures.sprite:
            atomic_write(sprite_path(generated, video_id), pictures.sprite.image, syncs_folder=False)
        else:
            sprite_path(generated, video_id).unlink(missing_ok=True)
    except OSError as error:
        raise PicturesNotSaved.because(
            Failure.PICTURES_NOT_SAVED, folder=str(generated), reason=str(error.strerror)
        ) from error


def remove_pictures(generated: Path, video_ids: Iterable[int]) -> None:
    """Remove the pictures of these videos, if there are any."""
    for video_id in video_ids:
        for path in (cover_path(generated, video_id), sprite_path(generated, video_id)):
            # A picture that cannot be removed is not shown either: the row says which pictures exist.
            with suppress(OSError):
                path.unlink()


def remove_drafts(generated: Path) -> None:
    """Remove the drafts of killed workers. Call it while no other worker writes."""
    for draft in generated.glob("pictures/*/.*.part"):
        with suppress(OSError):
            draft.unlink()
