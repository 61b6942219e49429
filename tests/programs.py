"""Programs that are no part of Python, and what a test does where they are missing."""

import os
import shutil

import pytest


def program(*names: str, package: str) -> str:
    """Return the path of the first of these programs that there is.

    CI never leaves a test out for want of one; on a machine that has only Python the rest of the suite is worth
    running.
    """
    for name in names:
        # Debian puts servers where only root looks for them.
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if found:
            return found
    return missing(f"{names[0]}: apt install {package}")


def missing(what: str) -> str:
    """Fail in CI, and leave the test out elsewhere. Returns never."""
    reason = f"These tests need {what}."
    return str(pytest.fail(reason, pytrace=False) if os.environ.get("CI") else pytest.skip(reason))
