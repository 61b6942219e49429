"""Collecting the static files when `serve` starts, if they have changed since the last time."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

from videos.presentation.failure_messages import about_disk


def collect_static_files() -> str | None:
    """Collect the files if they are not up to date; return None, or why they could not be written.

    Then the pages use the files in the apps' own folders, under their plain names.
    """
    wanted = _digest()
    if _is_collected(wanted):
        return None
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
        # Written last: if it is there, all the others are.
        _mark().write_text(wanted)
    except OSError as error:
        problem = about_disk(error)
        if problem is None:
            raise
        # The files collected before may belong to another release. This process and its children forget them.
        staticfiles_storage.hashed_files.clear()  # type: ignore[attr-defined]
        return problem
    return None


def _mark() -> Path:
    return Path(settings.STATIC_ROOT) / ".collected"


def _is_collected(wanted: str) -> bool:
    try:
        if _mark().read_text() != wanted:
            return False
        hashed = json.loads((Path(settings.STATIC_ROOT) / "staticfiles.json").read_text())["paths"].values()
    except (OSError, ValueError, KeyError):
        return False
    return all((Path(settings.STATIC_ROOT) / name).is_file() for name in hashed)


def _digest() -> str:
    """Return a hash of all files in the apps' folders, and of the versions of what collects them."""
    content = hashlib.blake2b(f"{version('django')} {version('whitenoise')}".encode(), digest_size=16)
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            content.update(f"\0{name}\0".encode(errors="surrogateescape"))
            with storage.open(name) as file:
                content.update(file.read())
    return content.hexdigest()
