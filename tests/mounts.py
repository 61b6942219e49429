"""Code that mounts something, in a process with mounts of its own: nobody else sees them, and they end with it."""

import functools
import subprocess
import sys

import pytest

from tests.conftest import PROJECT, Shell

_SETUP = """
import ctypes, os, subprocess
from pathlib import Path

# As `unshare --mount` does.
NEW_MOUNTS = 0x20000
assert ctypes.CDLL(None, use_errno=True).unshare(NEW_MOUNTS) == 0
subprocess.run(["mount", "--make-rprivate", "/"], check=True)

def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)

videos = Path(os.environ["LVS_VIDEO_DIR"])
"""


@functools.cache
def _may_mount() -> bool:
    tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/tmp"]
    try:
        return subprocess.run(tried, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run_with_mounts(shell: Shell, code: str) -> str:
    """Return what the code printed; in it are mount("-t", "tmpfs", …), `videos`, and Django set up."""
    if not _may_mount():
        pytest.skip("mounting is not allowed here")
    # A Python of its own, not a forked one: SQLite reads SQLITE_TMPDIR when it is loaded.
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{_SETUP}{code}"],
        env=shell.environment, cwd=PROJECT, text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
