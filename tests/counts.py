"""How long the long loops are: whole in `make test-long`, short in `make test`, which a person waits for.

A test with such a loop is marked `long` with the files that it covers, and takes its count from here:

    @pytest.mark.long("videos/media")
    def test_damaged_files_cost_nothing_but_themselves():
        for number in range(at_full_count(300, 40)):
"""

import gc
import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

PROJECT = Path(__file__).resolve().parent.parent

Value = TypeVar("Value")

IS_LONG = bool(os.environ.get("TEST_LONG"))
# A commit: of the long tests, those are run whose files have changed since then.
SINCE = os.environ.get("TEST_LONG_SINCE", "")

# What every test depends on.
_SHARED = (
    ".ci", "Makefile", "manage.py", "pyproject.toml", "requirements.txt", "requirements-dev.txt", "lvs_site",
    "tests/conftest.py", "tests/counts.py", "tests/live_server.py", "tests/processes.py", "tests/ready_python.py",
    "tests/settings.py", "tests/shared.py", "tests/worker.py",
)  # fmt: skip


# One of many cases of a test that is marked `long`, which tells `make test` nothing that another case does not.
only_long = pytest.mark.skipif(not IS_LONG, reason="`make test-long` runs it")


def at_full_count(full: int, reduced: int) -> int:
    """Return how often a long loop turns."""
    return full if IS_LONG else reduced


def some_of(values: Sequence[Value], reduced: int) -> Sequence[Value]:
    """Return the values that a long loop goes through: all, or so many from the first to the last."""
    if IS_LONG or len(values) <= reduced:
        return values
    return [values[number * (len(values) - 1) // max(reduced - 1, 1)] for number in range(reduced)]


# A slow or a busy machine is no failure, so neither profile looks at the clock. In `make test` the inputs are the same
# in each run: a newcomer's run finds what everybody's finds. `make test-long` looks for new ones.
_ON_ANY_MACHINE = {
    "deadline": None,
    # Those of our tests that share a fixture among their inputs begin each of them anew themselves.
    "suppress_health_check": [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
}
hypothesis.settings.register_profile("long", **_ON_ANY_MACHINE)
hypothesis.settings.register_profile("short", **_ON_ANY_MACHINE, derandomize=True, max_examples=25)
hypothesis.settings.load_profile("long" if IS_LONG else "short")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long tests of which no file has changed since the commit that was named; begin with the slow."""
    if IS_LONG and SINCE:
        changed = _changed_since(SINCE)
        left_out = {item for item in items if not _is_concerned(item, changed)}
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]
    # Files go to whichever process is free: were a slow one the last, the others would wait for it.
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


def pytest_collection_finish() -> None:
    """Leave the thousands of tests out of each collection of garbage: they stay until the end."""
    gc.collect()
    gc.freeze()


def _changed_since(commit: str) -> list[str]:
    command = ["git", "diff", "--name-only", commit, "--"]
    return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.splitlines()


def _is_concerned(item: pytest.Item, changed: list[str]) -> bool:
    mark = item.get_closest_marker("long")
    own = item.path.relative_to(PROJECT).as_posix()
    return mark is None or touches(changed, (own, *_SHARED, *mark.args))


def touches(changed: Iterable[str], covered: Iterable[str]) -> bool:
    """Return whether one of the changed files is covered, by its own path or by that of a folder above it."""
    folders = tuple(covered)
    return any(path == folder or path.startswith(f"{folder}/") for path in changed for folder in folders)
