"""Real disks that are full, read-only, locked or broken: small file systems. Mounting them needs root, on Linux."""

import fcntl
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import Shell, migrated_shell
from tests.live_server import wait_for

needs_mount = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None,
    reason="mounting needs root, on Linux",
)
needs_loop = pytest.mark.skipif(
    not Path("/dev/loop-control").exists() or shutil.which("mkfs.ext4") is None, reason="needs loop devices and ext4"
)
_EXT4_IOC_SHUTDOWN, _WITHOUT_LOG = 0x8004587D, 2


class Disk:
    """A mounted file system; what was done to it can be taken back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fill = path / ".filling"
        self._covers = 0

    def fill(self) -> None:
        """Leave not one byte, and no log of SQLite's that could be written over from its beginning."""
        for path in self.path.glob("*.db-wal"):
            with closing(sqlite3.connect(path.with_name(path.name.removesuffix("-wal")), timeout=20)) as database:
                wait_for(lambda: database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, 20)
        with open(self._fill, "ab", buffering=0) as file:
            # ext4 sets blocks aside until it has written the file: what it gives back then is filled, too.
            for _ in range(2):
                for size in (1 << 16, 4096, 512, 1):
                    with suppress(OSError):
                        while True:
                            file.write(b"\0" * size)
                with suppress(OSError):
                    os.fsync(file.fileno())

    def make_room(self) -> None:
        self._fill.unlink()

    def forbid_writing(self) -> None:
        """Make it read-only for all that is opened from now on: a mount that is in use cannot be made so itself."""
        aside = self.path.with_name(f"{self.path.name}.aside")
        aside.mkdir(exist_ok=True)
        _run("mount", "--bind", self.path, aside)
        # Made so in another place, where nobody opens anything meanwhile.
        _run("mount", "-o", "remount,bind,ro", aside)
        _run("mount", "--bind", aside, self.path)
        self._covers += 1
        _run("umount", aside)

    def allow_writing(self) -> None:
        # Lazily: what was opened meanwhile is still in use.
        _run("umount", "--lazy", self.path)
        self._covers -= 1

    def take_permission(self) -> None:
        """Answer EPERM to all writing, also root's. ext4 only."""
        # From here on nothing comes or goes in it.
        _run("chattr", "+i", self.path)
        # SQLite's index of its log is written through memory, where the kernel has no other answer than to kill the
        # process with SIGBUS, and that only where the page has been written to the disk meanwhile.
        for path in self.path.iterdir():
            if not path.name.endswith("-shm"):
                _run("chattr", "-R", "+i", path)

    def give_permission(self) -> None:
        _run("chattr", "-R", "-i", self.path)

    def fail(self) -> None:
        """Answer EIO to everything from now on, for good. ext4 only."""
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _EXT4_IOC_SHUTDOWN, struct.pack("I", _WITHOUT_LOG))
        finally:
            os.close(folder)

    def unmount(self) -> None:
        for _ in range(self._covers + 1):
            subprocess.run(["umount", "--lazy", self.path], check=False)


@contextmanager
def small_disk(path: Path, size_mb: int = 24) -> Iterator[Disk]:
    """Mount an empty file system in memory."""
    path.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=755", "none", path)
    disk = Disk(path)
    try:
        yield disk
    finally:
        disk.unmount()


@contextmanager
def ext4_disk(path: Path, size_mb: int = 40) -> Iterator[Disk]:
    """Mount an empty ext4 that lies in a file beside it."""
    path.mkdir(exist_ok=True)
    image = path.with_name(f"{path.name}.img")
    with open(image, "wb") as file:
        file.truncate(size_mb << 20)
    _run("mkfs.ext4", "-q", "-F", "-m", "0", image)
    _run("mount", "-o", "loop", image, path)
    (path / "lost+found").rmdir()
    disk = Disk(path)
    try:
        yield disk
    finally:
        subprocess.run(["chattr", "-R", "-i", path], check=False, capture_output=True)
        disk.unmount()


def _run(*command: str | Path) -> None:
    subprocess.run([*map(str, command)], check=True, capture_output=True)


def shell_on(folder: Path) -> Shell:
    """Return manage.py on a migrated library whose data folder is there already."""
    (folder / "made").mkdir()
    shell = migrated_shell(folder / "made", is_collected=False)
    shutil.copytree(shell.data, folder / "shell-data", dirs_exist_ok=True)
    shell.data = folder / "shell-data"
    shell.environment["LVS_DATA_DIR"] = str(shell.data)
    return shell
