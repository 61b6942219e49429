"""What is made once for all processes of a run of the tests: it takes seconds, and nobody changes it."""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

_NAME = "TEST_SHARED_FOLDER"

# The first to come here is the process that starts the others, which find the name in their environment.
if _NAME not in os.environ:
    os.environ[_NAME] = tempfile.mkdtemp(prefix="lvs-shared-")
    atexit.register(shutil.rmtree, os.environ[_NAME], ignore_errors=True)


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Return a path at which `make` has put a file or a folder; whoever comes meanwhile waits for it."""
    path = Path(os.environ[_NAME]) / name
    with open(path.with_name(f"{name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            draft = path.with_name(f"{name}.part")
            make(draft)
            draft.rename(path)
    return path
