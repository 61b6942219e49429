"""Files that survive a power cut, and files that are replaced whole or not at all."""

import errno
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def atomic_write(path: Path, content: bytes, *, syncs_folder: bool = True) -> None:
    """Make `content` the content of a file: readers, and a restart after a power cut, see the old one or the new one.

    Raises OSError like `replacing`.
    """
    with replacing(path, syncs_folder=syncs_folder) as draft, open(draft, "xb") as file:
        file.write(content)


@contextmanager
def replacing(path: Path, draft: Path | None = None, *, syncs_folder: bool = True) -> Iterator[Path]:
    """Give the path of a draft beside `path`; what the block writes there takes the file's place when it ends.

    The content is on the disk before the draft gets the name, and the name before this returns. Without
    `syncs_folder` the name may be the old one after a power cut: for many files at once, or one that can be made again.
    Where the block or the disk fails, the draft is removed and the file stays as it was. A killed process leaves its
    draft, which ends in ".PID.part". Raises OSError.
    """
    draft = draft or path.with_name(f".{path.name}.{secrets.token_hex(4)}.{os.getpid()}.part")
    try:
        yield draft
        fsync_file(draft)
        os.replace(draft, path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    if syncs_folder:
        fsync_folder(path.parent)


def fsync_file(path: Path) -> None:
    """Make what was written into a file survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder, after a rename into it, survive a power cut, where its file system can."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems sync files but no folders.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)
