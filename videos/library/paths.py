"""The only place that turns a filename into a path, and that refuses unsafe ones.

A filename is a path below the video folder with "/" between its parts, spelled exactly as on the disk.
"""

import enum
import errno
import os
import stat
import unicodedata
from pathlib import Path

from videos.core.errors import LibraryError
from videos.core.problems import Problem
from videos.library.exclusions import why_passed_over
from videos.library.extensions import SHARED_EXTENSIONS, SHARED_MAX_BYTES, extension_of
from videos.media import file_signatures
from videos.models import MAX_FILENAME_LENGTH

_DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO that replaced the file must not wait for a writer.
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


DEAD_LINK = Problem.DEAD_LINK.sentence


class OutsideLibrary(LibraryError):
    """The name leads out of the video folder, or to something that is not a regular file."""


class Presence(enum.Enum):
    THERE = "there"
    GONE = "gone"
    UNKNOWN = "unknown"


def nfc(name: str) -> str:
    """Return the name in NFC: disks and snapshots may write "é" as one code point or two."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def is_utf8(name: str) -> bool:
    """Return whether the name's bytes on disk are UTF-8; Python shows others as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def filename_problem(filename: str) -> str | None:
    """Return why this cannot be the name of a file in the library, or None."""
    if not filename:
        return "the name is empty"
    if "\0" in filename:
        return "the name holds a NUL character"
    if not is_utf8(filename):
        return "the name holds a lone surrogate, which is no character"
    if len(filename) > MAX_FILENAME_LENGTH:
        return f"the name is longer than {MAX_FILENAME_LENGTH} characters"
    if not {"", ".", ".."}.isdisjoint(filename.split("/")):
        return "the name is not a path inside the video folder"
    return None


def cleaned_path(name: str) -> str:
    """Return a name as a path below a folder: "/old/./a.mp4" and "./old//a.mp4" as "old/a.mp4". No disk access."""
    if "/" not in name:
        return name
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def is_inside(path: str, folder: str) -> bool:
    """Return whether a real path is below a real folder."""
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def real_path(path: str, *, strict: bool = False) -> str:
    """Return the path with links resolved; with `strict` the file must exist. Raises OSError."""
    try:
        return os.path.realpath(path, strict=strict)
    except RecursionError as error:
        # realpath follows links one by one without a limit; the kernel gives up after forty.
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path) from error


def open_video(root: Path, filename: str) -> int:
    """Return a descriptor of the file, opened for reading and known to be a regular file inside `root`.

    Links are followed only inside `root`. Each folder on the way is opened without following links, so a file or folder
    that is swapped for a link meanwhile is refused. Raises OutsideLibrary or OSError.
    """
    return _open_below(*_confined(root, filename))


def real_filename(root: Path, filename: str) -> str:
    """Open the file and return its name with links resolved. Raises like open_video.

    For nginx, which opens the file again by this name without following links.
    """
    real_root, parts = _confined(root, filename)
    os.close(_open_below(real_root, parts))
    return "/".join(parts)


def _confined(root: Path, filename: str) -> tuple[str, list[str]]:
    """Return the real root, and the parts of the file's real name below it."""
    problem = filename_problem(filename)
    if problem:
        raise OutsideLibrary(problem)
    real_root = os.path.realpath(root)
    path = real_path(os.path.join(real_root, filename), strict=True)
    if not is_inside(path, real_root):
        raise OutsideLibrary("the name leads out of the video folder")
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise OutsideLibrary("not a regular file")
    return real_root, os.path.relpath(path, real_root).split(os.sep)


def _open_below(real_root: str, parts: list[str]) -> int:
    folder = os.open(real_root, _DIRECTORY_FLAGS)
    try:
        for part in parts[:-1]:
            below = os.open(part, _DIRECTORY_FLAGS, dir_fd=folder)
            os.close(folder)
            folder = below
        descriptor = os.open(parts[-1], _FILE_FLAGS, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise OutsideLibrary("the file was swapped for a link") from error
        raise
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OutsideLibrary("not a regular file")
    return descriptor


def link_problem(path: str, real_root: str) -> str | None:
    """Return why a link is not a video of the library, or None if it leads into the video folder."""
    try:
        target = real_path(path)
    except OSError:
        return Problem.LINK_TOO_LONG.sentence
    if not is_inside(target, real_root) and target != real_root:
        return Problem.LINK_OUT.sentence
    if os.path.isdir(target):
        return Problem.LINK_TO_FOLDER.sentence
    if not os.path.exists(target):
        return DEAD_LINK
    return None


def presence(root: Path, filename: str) -> Presence:
    """Return whether a scan would find the file under this exact name, whether it is gone, or that this is unknown.

    Only a plain "no such file" counts as gone. Unknown are: permission and I/O errors; a link whose target is missing
    (its disk may be unplugged) or outside, and a file behind such a link; a folder of that name; and what scans skip.
    On a case-insensitive disk, a file spelled differently is another file.
    """
    if filename_problem(filename):
        return Presence.GONE
    path = os.path.join(root, filename)
    try:
        status = os.lstat(path)
    except OSError as error:
        never_there = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
        return Presence.GONE if never_there and not _lies_behind_a_dead_link(root, filename) else Presence.UNKNOWN
    if not _is_spelled_so(root, filename):
        return Presence.GONE
    if why_passed_over(filename) or any(map(os.path.islink, _folders_on_the_way(root, filename))):
        return Presence.UNKNOWN
    if stat.S_ISLNK(status.st_mode):
        is_video = os.path.isfile(path) and link_problem(path, os.path.realpath(root)) is None
        return Presence.THERE if is_video else Presence.UNKNOWN
    return Presence.THERE if stat.S_ISREG(status.st_mode) else Presence.UNKNOWN


def _folders_on_the_way(root: Path, filename: str) -> list[str]:
    parts = filename.split("/")[:-1]
    return [os.path.join(root, *parts[:end]) for end in range(1, len(parts) + 1)]


def _lies_behind_a_dead_link(root: Path, filename: str) -> bool:
    """Return whether a folder in the path is a link with a missing target: its disk may be unplugged."""
    folders = _folders_on_the_way(root, filename)
    return any(os.path.islink(folder) and not os.path.exists(folder) for folder in folders)


def _is_spelled_so(root: Path, filename: str) -> bool:
    """Return whether the disk spells each part of the name exactly so: some ignore case and accents."""
    folder = str(root)
    for part in filename.split("/"):
        if _may_be_spelled_otherwise(folder, part) and not _lists(folder, part):
            return False
        folder = os.path.join(folder, part)
    return True


def _may_be_spelled_otherwise(folder: str, name: str) -> bool:
    """Return whether the disk accepts another spelling of the name for the same file."""
    others = {name.swapcase(), *(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))} - {name}
    return any(os.path.lexists(os.path.join(folder, other)) for other in others)


def _lists(folder: str, name: str) -> bool:
    """Return whether the folder lists this exact name; True if unknown."""
    try:
        with os.scandir(folder) as entries:
            return any(entry.name == name for entry in entries)
    except OSError:
        return True


def other_than_video(root: Path, filename: str, size_bytes: int) -> str:
    """Return what a file is if its extension has other uses and its first bytes are not a video's; else ""."""
    if extension_of(filename) not in SHARED_EXTENSIONS or size_bytes > SHARED_MAX_BYTES:
        return ""
    try:
        descriptor = open_video(root, filename)
    except (OSError, OutsideLibrary):
        return ""
    try:
        return file_signatures.other_than_video(os.pread(descriptor, file_signatures.HEAD_BYTES, 0))
    except OSError:
        return ""
    finally:
        os.close(descriptor)
