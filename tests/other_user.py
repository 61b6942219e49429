"""A process without root's rights: root reads everything, so what cannot be read must be met as somebody else."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import Shell, migrated_shell

NOBODY = 65534

# Everything is imported, and the database asked once, before the rights are given up: Python itself may lie in a
# folder of root's. Where the tests run as somebody else, these are the rights already.
_GIVE_UP_RIGHTS = """
import io, os, sqlite3, sys
import videos.cache, videos.management.commands.cleanup_orphans, videos.management.commands.scan_library
from django.core.management import call_command
from videos.db.health import *
from videos.db.sqlite_file import *
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid({nobody}, {nobody}, {nobody})
    os.setresuid({nobody}, {nobody}, {nobody})
def run(*arguments):
    try:
        call_command(*arguments)
    except Exception as error:
        print(type(error).__name__, error)
"""


@contextmanager
def library_for_anybody() -> Iterator[Shell]:
    """Give a migrated library in a folder that the other user can reach: tmp_path is root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="lvs-anybody-"))
    folder.chmod(0o755)
    try:
        yield migrated_shell(folder)
    finally:
        for path in folder.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(folder)


def give_to_nobody(folder: Path) -> None:
    """Make the other user the owner of all that lies in the folder."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def run_as_nobody(shell: Shell, code: str) -> str:
    """Return what the code printed; in it, run("scan_library") runs a command and prints how it failed."""
    return shell.python(_GIVE_UP_RIGHTS.format(nobody=NOBODY) + code)
